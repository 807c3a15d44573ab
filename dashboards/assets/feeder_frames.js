/* Fetches what the map shows, a chunk at a time, and keeps a few. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { OPEN_CHUNKS } = room;

  class Frames {
    constructor(net, told) {
      this.net = net; this.told = told;
      this.chunks = new Map(); this.wanted = null; this.busy = false; this.closed = false;
    }
    has(row) { return this.chunks.has(Math.floor(row / this.net.chunk)); }
    at(row) {
      const index = Math.floor(row / this.net.chunk), chunk = this.chunks.get(index);
      if (!chunk) return null;
      this.chunks.delete(index); this.chunks.set(index, chunk);
      const place = row - chunk.first, frame = {};
      for (const [name, one] of Object.entries(chunk.arrays)) {
        frame[name] = one.values.subarray(place * one.width, (place + 1) * one.width);
      }
      return frame;
    }
    want(index) { this.wanted = index; if (!this.busy) this.next(); }
    async next() {
      if (this.wanted === null || this.closed) return;
      const index = this.wanted; this.wanted = null;
      if (this.chunks.has(index) || index < 0 || index * this.net.chunk >= this.net.time.rows) return;
      this.busy = true;
      try {
        const answer = await fetch("/feeder-frames/" + this.net.key + "/" + index);
        if (!answer.ok) throw new Error(await answer.text());
        this.chunks.set(index, unpack(await answer.arrayBuffer()));
        while (this.chunks.size > OPEN_CHUNKS) this.chunks.delete(this.chunks.keys().next().value);
        this.busy = false;
        if (!this.closed) this.told("", index);
      } catch (error) {
        this.busy = false;
        if (!this.closed) this.told("This instant cannot be read: " + error.message, index);
      }
      this.next();
    }
  }

  function unpack(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const kinds = { f4: Float32Array, i2: Int16Array, u1: Uint8Array };
    const arrays = {};
    let at = 4 + length;
    for (const one of head.arrays) {
      const width = one.shape[1], count = one.shape[0] * width, Kind = kinds[one.type];
      arrays[one.name] = { width, values: new Kind(buffer, at, count) };
      at += Math.ceil((count * Kind.BYTES_PER_ELEMENT) / 4) * 4;
    }
    return { first: head.first, arrays };
  }

  Object.assign(room, { Frames });
})();
