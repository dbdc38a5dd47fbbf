// How scripts and style sheets are checked: `npm run lint`.

import css from "@eslint/css";
import js from "@eslint/js";
import globals from "globals";

// Names come from outside: as markup they could be anything.
const markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "write"];

export default [
  {
    files: ["cointracker/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      ...js.configs.recommended.rules,
      eqeqeq: "error",
      "no-restricted-properties": ["error", ...markup.map((property) => ({ property }))],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["cointracker/**/*.css"],
    plugins: { css },
    language: "css/css",
    rules: {
      ...css.configs.recommended.rules,
      // Streamlit's own rules give way to nothing less.
      "css/no-important": "off",
      "css/no-invalid-properties": ["error", { allowUnknownVariables: true }],
      "css/use-baseline": ["error", { available: "newly" }],
    },
  },
  {
    files: ["cointracker/features/weights/ui/js/panel.css"],
    // It cannot read a gradient whose stops are variables.
    rules: { "css/no-invalid-properties": "off" },
  },
];
