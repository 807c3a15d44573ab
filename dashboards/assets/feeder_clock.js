/* Rows, instants and the feeder's clocks. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { DAYS, MONTHS, two, clamp } = room;

  class Clock {
    constructor(time) { Object.assign(this, time); }
    minutes(row) { return this.uneven ? this.uneven[row] : this.first + row * this.step; }
    turn(row) {
      let found = this.clocks[0];
      for (const one of this.clocks) if (one[0] <= row) found = one;
      return found;
    }
    localMs(row) { return 60000 * (this.minutes(row) + this.turn(row)[1]); }
    rowOfUtc(minutes) {
      if (!this.uneven) return clamp(Math.floor((minutes - this.first) / this.step + 1e-9), 0, this.rows - 1);
      let low = 0, high = this.rows - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.uneven[middle] <= minutes) low = middle; else high = middle - 1;
      }
      return low;
    }
    rowsAt(localMs) {
      const found = this.clocks.map((one) => this.rowOfUtc(localMs / 60000 - one[1]))
        .filter((row, i) => this.turn(row) === this.clocks[i]);
      return found.length ? found : [this.rowOfUtc(localMs / 60000 - this.clocks[0][1])];
    }
    words(row, days) {
      const date = new Date(this.localMs(row));
      const day = DAYS[date.getUTCDay()] + " " + date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear();
      return days ? day : day + ", " + two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
    }
    address(row) {
      const iso = new Date(this.localMs(row)).toISOString().slice(0, 16);
      if (new Set(this.rowsAt(this.localMs(row))).size < 2) return iso;
      const shift = this.turn(row)[1], size = Math.abs(shift);
      return iso + (shift < 0 ? "-" : "+") + two(Math.floor(size / 60)) + ":" + two(size % 60);
    }
  }

  Object.assign(room, { Clock });
})();
