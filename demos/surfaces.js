// Pressing on what hears the pointer (canvases, sliders, buttons, labels) never drags a text that happens to be
// selected: such a drag would cancel the pointer, and with it the stroke or the slider.
let surface = null;
document.addEventListener(
  "pointerdown",
  (event) => {
    surface = event.target.closest("canvas, input[type=range], [role=slider], label, button");
    if (surface) getSelection().removeAllRanges();
  },
  true,
);
document.addEventListener("dragstart", (event) => surface && event.preventDefault(), true);
// A word that explains itself stops at Escape, until it is left.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const term of document.querySelectorAll(".term:hover, .term:focus-within")) {
    term.classList.add("told-enough");
    for (const kind of ["pointerleave", "focusout"]) {
      term.addEventListener(kind, () => term.classList.remove("told-enough"), { once: true });
    }
  }
});
