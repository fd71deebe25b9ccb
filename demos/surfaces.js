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
