// Two directions are bound to the picture: dragging it across moves along one, up and down along the other. So do the
// arrow keys. "None" leaves an axis alone.
const axes = [find("[data-axis=across]"), find("[data-axis=down]")];
const AXIS_KEYS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowUp: [1, 1], ArrowDown: [1, -1] };
let grasped = null; // where a drag began, and where the sliders stood then

const boundTo = () => ((chosen().bound || {})[chosen().method] || [0, 1]).map((place) => (place < rows.length ? place : -1));

// The names of the directions as they now are, to choose from.
function showAxes() {
  const bound = boundTo();
  axes.forEach((select, axis) => {
    const names = rows.map(({ slider }, place) => new Option(slider.ariaLabel, place));
    select.replaceChildren(new Option("none", -1), ...names);
    select.value = bound[axis];
  });
}

function slideTo(axis, value) {
  const place = boundTo()[axis];
  if (place < 0) return;
  const { slider } = rows[place];
  slider.value = Math.min(open.reach, Math.max(-open.reach, value));
  slider.dispatchEvent(new Event("input"));
}

const standing = (axis) => (boundTo()[axis] < 0 ? 0 : Number(rows[boundTo()[axis]].slider.value));

axes.forEach((select) =>
  select.addEventListener("change", () => {
    keep({ bound: { ...chosen().bound, [chosen().method]: axes.map((each) => Number(each.value)) } });
  }),
);
movedCanvas.addEventListener("pointerdown", (event) => {
  if (!rows.length || !event.isPrimary) return;
  movedCanvas.setPointerCapture(event.pointerId);
  grasped = { x: event.clientX, y: event.clientY, from: [standing(0), standing(1)] };
});
movedCanvas.addEventListener("pointermove", (event) => {
  if (!grasped) return;
  const scale = (2 * open.reach) / movedCanvas.clientWidth; // a drag over the whole picture goes from end to end
  slideTo(0, grasped.from[0] + (event.clientX - grasped.x) * scale);
  slideTo(1, grasped.from[1] - (event.clientY - grasped.y) * scale);
});
for (const kind of ["pointerup", "pointercancel"]) movedCanvas.addEventListener(kind, () => (grasped = null));
movedCanvas.addEventListener("keydown", (event) => {
  const key = AXIS_KEYS[event.key];
  if (!key || !rows.length) return;
  event.preventDefault();
  slideTo(key[0], standing(key[0]) + key[1] * open.reach * (event.shiftKey ? 0.01 : 0.05));
});
