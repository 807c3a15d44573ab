/* The tables of runs and of transformers: links, states, search, order, export. */
"use strict";
(function () {
  const components = (window.dashAgGridComponentFunctions =
    window.dashAgGridComponentFunctions || {});
  const make = (...words) => window.React.createElement(...words);

  function go(href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function clicked(event, href) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  }

  function useEnter(cell, href) {
    window.React.useEffect(() => {
      if (!cell || !href) return undefined;
      const open = (event) => { if (event.key === "Enter") go(href); };
      cell.addEventListener("keydown", open);
      return () => cell.removeEventListener("keydown", open);
    }, [cell, href]);
  }

  function anchor(href, words, className) {
    if (!href) return make("span", { className }, words);
    return make("a", { href, className, tabIndex: -1, onClick: (e) => clicked(e, href) }, words);
  }

  components.RunName = function (props) {
    const row = props.data;
    useEnter(props.eGridCell, row.href);
    const told = row.message && row.policy;
    return make("div", { className: "run-cell" },
      anchor(row.href, row.label, "run-label"),
      make("small", { className: told ? "bad" : null }, told ? row.message : row.under));
  };

  components.RunState = function (props) {
    const row = props.data;
    const share = row.state === "running" ? " " + Math.floor(100 * row.progress) + " %" : "";
    return make("span", { className: "run-state " + row.state }, row.state + share);
  };

  components.RunHours = function (props) {
    if (props.data.figures !== "steps") return make("span", null, props.valueFormatted);
    return anchor(props.data.href, "open to compute", "quiet");
  };

  components.RunTop = function (props) {
    if (props.value === null || props.value === undefined) return "–";
    return make("div", { className: "run-cell" },
      make("span", null, props.valueFormatted),
      make("small", null, props.data.top_name || "\u00a0"));
  };

  components.TransformerName = function (props) {
    return make("div", { className: "run-cell" },
      make("span", { className: "run-label" }, props.value),
      make("small", null, props.data.about));
  };

  components.PickedCell = function (props) {
    const found = (props.data.cells || {})[props.colDef.field] || {};
    useEnter(props.eGridCell, found.href);
    if (!found.words) return make("span", { className: "unknown" }, "–");
    return make("div", { className: "run-cell picked" },
      anchor(found.href, found.words, "run-label"),
      make("small", null, found.when || "\u00a0"));
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      quickFilter: function (words, options) {
        return Object.assign({}, options, { quickFilterText: words || "" });
      },
      order: function (columns) {
        if (!columns) return window.dash_clientside.no_update;
        const sorted = columns.find((column) => column.sort);
        return sorted ? sorted.colId + "." + sorted.sort : "";
      },
    }),
  });
})();
