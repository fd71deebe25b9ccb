// A slider along a way and a button that plays it, there and back.
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const THERE_MS = 2600;

function player(holder, moved) {
  const slider = make("input", { type: "range", min: 0, max: 1, step: "any", value: 0 });
  slider.setAttribute("aria-label", "Place on the way");
  const button = make("button", { type: "button", textContent: "Play" });
  holder.append(button, make("span", { textContent: "A" }), slider, make("span", { textContent: "B" }));
  let playing = 0; // the number of the frame that is asked for
  let forward = true;
  let last = 0;

  function go(share) {
    slider.value = share;
    moved(share);
  }
  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    button.textContent = "Play";
  }
  function step(now) {
    // Who asked for less motion sees the way in a few still pictures.
    const pause = calm.matches ? 700 : 0;
    if (!last) last = now;
    if (now - last >= pause) {
      const way = calm.matches ? 0.125 : (now - last) / THERE_MS;
      const share = Number(slider.value) + (forward ? way : -way);
      if (share >= 1 || share <= 0) forward = share <= 0;
      last = now;
      go(Math.min(1, Math.max(0, share)));
    }
    playing = requestAnimationFrame(step);
  }
  button.addEventListener("click", () => {
    if (playing) {
      stop();
      keepPlace();
      return;
    }
    button.textContent = "Pause";
    last = 0;
    playing = requestAnimationFrame(step);
  });
  const keepPlace = () => keep({ place: Number(slider.value) });
  slider.addEventListener("input", () => {
    stop();
    moved(Number(slider.value));
  });
  slider.addEventListener("change", keepPlace);
  slider.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault(); // a step is a frame here
    stop();
    go(Math.min(1, Math.max(0, Number(slider.value) + way / (open.steps - 1))));
    keepPlace();
  });
  return { go, stop };
}
