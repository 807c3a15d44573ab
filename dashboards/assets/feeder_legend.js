/* The legend with its counts. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { NOBODY, RAMPS, CARS, byId, number, make, carState, carShape } = room;

  class Legend {
    constructor(feeder) { this.feeder = feeder; this.rows = []; }
    rebuild() {
      const f = this.feeder, look = f.net.colours[f.scheme], ramp = RAMPS[f.scheme], holder = byId("feeder-legend");
      this.rows = [];
      const head = (words) => this.rows.push({ heading: words });
      const add = (key, name, paint) => this.rows.push({ key, name, paint });
      const line = (colour, width, dash) => (pen) => { pen.strokeStyle = colour; pen.lineWidth = width; pen.setLineDash(dash || []); pen.beginPath(); pen.moveTo(1, 8); pen.lineTo(21, 8); pen.stroke(); };
      if (f.by === "voltage") {
        const b = f.borders.map((v) => v.toFixed(f.net.limits[1] - f.net.limits[0] < 0.15 ? 3 : 2));
        head(f.net.pace === "days" ? "Buses: lowest voltage of the day [pu]" : "Buses by voltage [pu]");
        const names = ["below " + b[0] + " (limit)", b[0] + " – " + b[1], b[1] + " – " + b[2], b[2] + " – " + b[3], b[3] + " – " + b[4], b[4] + " – " + b[5], "above " + b[5] + " (limit)"];
        for (let i = 6; i >= 0; i -= 1) add("v" + i, names[i], line(ramp.voltage[i], i === 0 || i === 6 ? 5 : 3.5));
        add("v-1", "not known, or dead", line(ramp.none, 3, [2, 3]));
      } else {
        head(f.net.pace === "days" ? "Lines: highest loading of the day" : "Lines by loading");
        const names = ["0 – 20 %", "20 – 40 %", "40 – 60 %", "60 – 80 %", "80 – 100 %", "above 100 %"];
        for (let i = 5; i >= 0; i -= 1) add("l" + i, names[i], line(f.by === "ev" ? (i === 5 ? ramp.loading[5] : ramp.none) : ramp.loading[i], i === 5 ? 5 : 3.5));
        add("l-1", "not known", line(ramp.none, 3, [2, 3]));
        if (f.by === "ev") this.rows = [];
      }
      head("Flow");
      add("back", "reverse, to the source", (pen) => { line(look.give, 5, [6, 3])(pen); });
      add("away", "from the source", (pen) => { pen.fillStyle = look.ink; pen.beginPath(); pen.moveTo(16, 8); pen.lineTo(7, 3); pen.lineTo(9.5, 8); pen.lineTo(7, 13); pen.closePath(); pen.fill(); });
      head("Stations");
      add("over", "transformer > 100 %", (pen) => { pen.strokeStyle = ramp.loading[5]; pen.lineWidth = 3; pen.strokeRect(4, 1.5, 13, 13); });
      add("tr", "transformer", (pen) => { pen.fillStyle = ramp.none; pen.strokeStyle = look.ink; pen.lineWidth = 1.5; pen.fillRect(6, 3, 10, 10); pen.strokeRect(6, 3, 10, 10); });
      add("src", "source", (pen) => { pen.strokeStyle = look.ink; pen.lineWidth = 1.5; pen.beginPath(); pen.moveTo(11, 1); pen.lineTo(18, 8); pen.lineTo(11, 15); pen.lineTo(4, 8); pen.closePath(); pen.stroke(); });
      add("home", f.net.customers.site.length ? "homes and others" : "customers: not written", (pen) => { pen.fillStyle = f.by === "voltage" ? look.grey : look.parked; pen.beginPath(); pen.arc(11, 8, 3, 0, 6.3); pen.fill(); });
      if (f.net.pace === "steps" && f.net.evs.model.length) {
        head("Cars at home");
        const looks = [look.give, look.charge, look.base, look.grey];
        CARS.forEach((name, is) => add("c" + is, f.by === "ev" ? ["gives", "charges", "plugged, idle", "parked, not plugged"][is] : name, (pen) => {
          pen.beginPath();
          if (f.by === "ev") pen.arc(11, 8, is < 2 ? 6 : 2.5, 0, 6.3); else carShape(pen, is, 11, 8, 5);
          if (is === 3 && f.by !== "ev") { pen.strokeStyle = looks[3]; pen.stroke(); } else { pen.fillStyle = f.by === "ev" && is > 1 ? look.grey : looks[is]; pen.fill(); }
        }));
        head("Cars away (not on the map)");
        add("driving", "driving", (pen) => { pen.fillStyle = look.driving; pen.fillRect(5, 4, 12, 8); });
        add("still", "work + elsewhere", (pen) => { pen.strokeStyle = look.driving; pen.lineWidth = 1.5; pen.strokeRect(5, 4, 12, 8); });
      }
      holder.replaceChildren();
      for (const row of this.rows) {
        if (row.heading) { holder.append(make("h3", "", row.heading)); continue; }
        const item = make("div", "feeder-row");
        row.swatch = make("canvas"); row.swatch.width = 44; row.swatch.height = 32;
        const pen = row.swatch.getContext("2d");
        pen.scale(2, 2); row.paint(pen);
        row.count = make("b");
        item.append(row.swatch, make("span", "", row.name), row.count); row.item = item;
        holder.append(item);
      }
    }

    update(frame) {
      const f = this.feeder, count = {}, add = (key, many) => { count[key] = (count[key] || 0) + (many === undefined ? 1 : many); };
      if (f.by === "voltage") { const hidden = f.aux; for (let i = 0; i < f.siteClass.length; i += 1) if (!hidden.has(i)) add("v" + f.siteClass[i]); }
      else for (let s = 0; s < f.spanClass.length; s += 1) if (f.net.spans.kind[s] !== 1) add("l" + f.spanClass[s]);
      if (frame.p) for (let s = 0; s < f.of.from.length; s += 1) {
        const p = f.of.levels[frame.p[s] & 65535];
        if (p < -0.05) add("back"); else if (p > 0.05) add("away");
      }
      add("tr", f.of.ofSpan.size); add("src", f.net.roots.length); add("home", f.of.homes.size); add("over", 0);
      if (frame.loading) for (const span of f.of.ofSpan.keys()) if (frame.loading[span] * f.net.units.loading > 1) add("over");
      const power = [0, 0];
      if (frame.ev_state) for (let car = 0; car < frame.ev_state.length; car += 1) {
        const state = frame.ev_state[car];
        if (state === NOBODY) continue;
        const place = state >> 2, on = state & 3, at = frame.ev_kw[car] * f.net.units.ev_kw;
        if (on === 1) add("driving");
        else if (place) { add(place === 1 ? "work" : "other"); add("still"); }
        else {
          const is = carState(on, at);
          add("c" + is);
          if (is < 2) power[is] += Math.abs(at);
        }
      }
      this.count = count;
      for (const row of this.rows) {
        if (row.heading) continue;
        let words = number(count[row.key] || 0, 0);
        if (row.key === "c0" || row.key === "c1") words += power[Number(row.key[1])] ? " (" + number(power[Number(row.key[1])], 0) + " kW)" : "";
        if (row.key === "still") words = number(count.work || 0, 0) + " + " + number(count.other || 0, 0);
        if (row.count.textContent !== words) row.count.textContent = words;
        row.item.classList.toggle("none", !count[row.key]);
        row.item.classList.toggle("bad", Boolean(count[row.key]) && ["v0", "v6", "l5", "over"].includes(row.key));
      }
    }

    summary() {
      const count = this.count || {};
      return this.rows.filter((row) => !row.heading && count[row.key]).map((row) => row.name + ": " + row.count.textContent).join(", ");
    }
  }

  Object.assign(room, { Legend });
})();
