/* The cars page: what was zoomed, which car was picked.

A store is set only when there is something to tell: a resize asks nothing of anyone. */
"use strict";
(function () {
  function tell(store, data) {
    window.dash_clientside.set_props(store, { data: data });
  }

  function triggered() {
    const first = window.dash_clientside.callback_context.triggered[0];
    return first ? first.prop_id.split(".")[0] : "";
  }

  function saysX(relayout) {
    return relayout && Object.keys(relayout).some((key) => key.startsWith("xaxis."));
  }

  function picked(source, value) {
    if (source === "cars-by-car") return value.points[0] && { ev: value.points[0].x };
    return value[0] && { ev: value[0].ev, left: value[0].left };
  }

  function bringIntoView() {
    const place = document.getElementById("cars-life-place");
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (place) place.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      carsZoomed: function (doing, soc, life) {
        const said = { "cars-doing": doing, "cars-soc": soc, "cars-life": life };
        const source = triggered();
        if (!saysX(said[source])) return;
        tell(source === "cars-life" ? "cars-life-zoom" : "cars-fleet-zoom", said[source]);
      },
      carsPicked: function (worst, cars, bar) {
        const said = { "cars-worst": worst, "cars-table": cars, "cars-by-car": bar };
        const source = triggered();
        const found = said[source] && picked(source, said[source]);
        if (!found) return;
        tell("cars-picked", found);
        bringIntoView();
      },
    }),
  });
})();
