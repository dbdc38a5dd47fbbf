/** Numbers as the reader's language writes them, and sentences with fields to fill in. */

/** What is shown where a number is missing. */
export const MISSING = "—";

/** Writers and a reader of numbers for `{ digits, decimal, group }` of a language. */
export function numbers({ digits, decimal, group }) {
  const own = (text) => text.replace(/\d/g, (digit) => digits[digit]);
  /** A number with a fixed count of decimals, grouped; `—` when missing. */
  const fixed = (value, places) => {
    if (value === null || Number.isNaN(value)) return MISSING;
    const [whole, rest] = value.toFixed(places).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
    return own(rest ? grouped + decimal + rest : grouped);
  };
  return {
    fixed,
    whole: (value) => fixed(value, 0),
    /** A weight: with a decimal only where it has one. */
    weight: (value) => fixed(value, Math.abs(value - Math.round(value)) < 0.05 ? 0 : 1),
    /** A number that the reader typed, in digits of any of our languages; NaN when it is none. */
    parse: (text) => {
      const latin = text
        .trim()
        .replace(/[۰-۹]/g, (digit) => "۰۱۲۳۴۵۶۷۸۹".indexOf(digit))
        .replace(/[٠-٩]/g, (digit) => "٠١٢٣٤٥٦٧٨٩".indexOf(digit))
        .replace(/[٫,،]/g, ".");
      return /^\d+(\.\d*)?$|^\.\d+$/.test(latin) ? Number(latin) : Number.NaN;
    },
    /** Two numbers with as many decimals, from 1 to 4, as it takes to tell them apart. */
    pair: (one, other) => {
      let places = 1;
      while (places < 4 && one.toFixed(places) === other.toFixed(places)) places += 1;
      return [fixed(one, places), fixed(other, places)];
    },
  };
}

/** A sentence with its `{name}` fields filled in. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Text of foreign direction, wrapped so that it does not turn its surroundings around. */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}
