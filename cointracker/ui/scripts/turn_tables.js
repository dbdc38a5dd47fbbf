// Right-to-left tables open at their left end: each is scrolled to its right end once.
(() => {
  if (window.cointrackerTurnsTables) return;
  window.cointrackerTurnsTables = true;
  const turn = () => {
    if (document.documentElement.lang !== "fa") return;
    document.querySelectorAll(".dvn-scroller:not([data-turned])").forEach((scroller) => {
      if (scroller.scrollWidth <= scroller.clientWidth) return;
      scroller.dataset.turned = "yes";
      scroller.scrollLeft = scroller.scrollWidth;
    });
  };
  new MutationObserver(turn).observe(document.body, { childList: true, subtree: true });
  turn();
})();
