/* The cars page: a car that was picked in a table or a figure is brought into view. */
"use strict";
(function () {
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      showLife: function (worst, cars, bar) {
        const picked = (worst && worst.length) || (cars && cars.length) || bar;
        const place = document.getElementById("cars-life-place");
        if (!picked || !place) return;
        const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        place.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
      },
    }),
  });
})();
