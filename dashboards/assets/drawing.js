/* Charts are drawn one at a time, those on the screen first, and the page lives between.

   All answers of a page come at nearly the same time. Drawn as they come, in one go, they
   keep the screen empty until the last is ready, also those that nobody sees yet. */
"use strict";
(function () {
  const MOST_WAIT_MS = 1500;
  const due = new Map(); // a graph's place -> what to draw there, and whom to tell
  const blank = new Map(); // a place with nothing on it yet -> who listens to it
  let library;
  let isAtWork = false;

  function distance(place) {
    const box = place.getBoundingClientRect();
    return box.width ? Math.max(0, box.top - window.innerHeight, -box.bottom) : Infinity;
  }

  function isEmpty(figure) {
    const layout = figure.layout || {};
    return !(figure.data || []).length && !(layout.annotations || []).length;
  }

  /* A frame without anything in it costs as much as a chart: only who listens is noted. */
  function leaveBlank(place) {
    const listeners = [];
    blank.set(place, listeners);
    place.on = (name, listener) => listeners.push([name, listener]);
    return Promise.resolve(place);
  }

  function drawNow(place, figure) {
    const listeners = blank.get(place) || [];
    blank.delete(place);
    const drawn = library.drawAtOnce(place, figure);
    listeners.forEach(([name, listener]) => place.on(name, listener));
    return drawn;
  }

  function forgetGone() {
    for (const some of [due, blank]) {
      for (const place of some.keys()) if (!place.isConnected) some.delete(place);
    }
  }

  /* What is on the screen and still being made goes before what is not on it. */
  function isAwaited() {
    return [...blank.keys()].some((place) => !due.has(place) && distance(place) === 0);
  }

  function next() {
    forgetGone();
    const ranked = [...due.keys()].map((place) => [distance(place), place]);
    ranked.sort((one, other) => one[0] - other[0]);
    if (!ranked.length) return null;
    const [far, place] = ranked[0];
    const waited = performance.now() - due.get(place).since;
    return far > 0 && waited < MOST_WAIT_MS && isAwaited() ? null : place;
  }

  function whenPainted() {
    return new Promise((go) => {
      requestAnimationFrame(() => setTimeout(go, 0));
      setTimeout(go, 100); // a page in the background is never painted
    });
  }

  async function work() {
    isAtWork = true;
    while (due.size) {
      await whenPainted();
      const place = next();
      if (!place) continue;
      const { figure, tell, fail } = due.get(place);
      due.delete(place);
      try {
        drawNow(place, figure).then(tell, fail);
      } catch (error) {
        fail(error);
      }
    }
    isAtWork = false;
  }

  function react(place, figure, ...more) {
    if (more.length) return library.drawAtOnce(place, figure, ...more);
    const isDrawn = Boolean(place._fullLayout);
    if (!isDrawn && isEmpty(figure)) return leaveBlank(place);
    if (isDrawn && !isAtWork && distance(place) === 0) return drawNow(place, figure);
    const older = due.get(place);
    return new Promise((tell, fail) => {
      const tellAll = (drawn) => {
        if (older) older.tell(drawn);
        tell(drawn);
      };
      due.set(place, { figure, tell: tellAll, fail, since: performance.now() });
      if (!isAtWork) work();
    });
  }

  Object.defineProperty(window, "Plotly", {
    configurable: true,
    get: () => library,
    set: (plotly) => {
      library = plotly;
      if (!plotly || plotly.drawAtOnce) return;
      plotly.drawAtOnce = plotly.react;
      plotly.react = react;
    },
  });
})();
