/* Finds an element by its name. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { byId, make } = room;

  class Search {
    constructor(feeder) {
      const holder = byId("feeder-search");
      if (!holder) return;
      const field = make("input"), list = make("div", "feeder-found");
      Object.assign(field, { type: "search", id: "feeder-find", placeholder: "transformer, line, bus, home, car", autocomplete: "off" });
      list.hidden = true;
      holder.replaceChildren(field, list);
      const net = feeder.net;
      this.all = [
        ...net.transformers.name.map((name, i) => ["transformer:" + i, "Transformer " + name]),
        ...net.customers.name.map((name, i) => ["customer:" + i, "Home " + name]),
        ...net.sites.name.map((name, i) => ["node:" + net.sites.node[i], "Bus " + name]),
        ...net.spans.name.map((name, i) => ["branch:" + net.spans.branch[i], "Line " + name]).filter((_, i) => net.spans.kind[i] !== 1),
        ...net.evs.model.map((name, i) => ["ev:" + i, "Car " + i + " " + name]),
      ];
      const take = (key) => { list.hidden = true; feeder.find(key); };
      field.addEventListener("input", () => {
        const words = field.value.trim().toLowerCase();
        const found = [];
        for (const one of this.all) {
          if (found.length > 7) break;
          if (words && one[1].toLowerCase().includes(words)) found.push(one);
        }
        list.replaceChildren(...found.map(([key, name]) => {
          const button = make("button", "", name); button.type = "button";
          button.addEventListener("click", () => take(key));
          return button;
        }));
        if (words && !found.length) list.append(make("span", "", "nothing is called so"));
        list.hidden = !words;
        this.found = found;
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && this.found && this.found.length) take(this.found[0][0]);
        if (event.key === "Escape") list.hidden = true;
      });
    }
  }

  Object.assign(room, { Search });
})();
