// Points in the plane: the cloud of a model, and a dot that walks through it.
const plane = find(".explore-plane");
const ink = plane.getContext("2d");
let cloud = null;
let trail = null;
let planeShare = 0;
const planePlayer = player(find('[data-part="plane"] .explore-player'), (share) => {
  planeShare = share;
  drawPlane();
});

const loadPlane = oneAtATime(async (still) => {
  const foundCloud = cloud || (await askJson("cloud"));
  const { ends } = chosen();
  const found = await askJson("way", { from: ends[0], to: ends[1], way: chosen().way });
  if (!still()) return;
  cloud = foundCloud;
  trail = found.points;
  element.dataset.way = JSON.stringify(ends);
  planePlayer.go(chosen().place);
});

function drawPlane() {
  if (!cloud || !trail) return;
  const everything = [...cloud.points, ...cloud.real, ...trail].flat().map(Math.abs);
  const reach = 1.08 * everything.reduce((most, each) => Math.max(most, each), 0.001);
  const at = ([x, y]) => [((x / reach + 1) * plane.width) / 2, ((1 - y / reach) * plane.height) / 2];
  const dot = (point, radius, colour) => {
    ink.fillStyle = colour;
    ink.beginPath();
    ink.arc(...at(point), radius, 0, 2 * Math.PI);
    ink.fill();
  };
  const dark = Boolean(element.closest(".dark"));
  ink.clearRect(0, 0, plane.width, plane.height);
  cloud.real.forEach((point) => dot(point, 4, dark ? "rgba(255,255,255,0.13)" : "rgba(0,0,0,0.12)"));
  cloud.points.forEach((point) => dot(point, 3, dark ? "rgba(110,170,235,0.55)" : "rgba(47,111,181,0.5)"));
  trail.forEach((point) => dot(point, 3.5, "rgba(213,98,43,0.55)"));
  const place = planeShare * (trail.length - 1);
  const before = Math.floor(place);
  const after = Math.min(before + 1, trail.length - 1);
  const between = [0, 1].map((axis) => trail[before][axis] + (place - before) * (trail[after][axis] - trail[before][axis]));
  dot(between, 12, dark ? "#171614" : "white");
  dot(between, 9, "#d5622b");
  ink.fillStyle = dark ? "#e9e6df" : "#26241f";
  ink.font = "600 22px system-ui, sans-serif";
  for (const [name, point] of [["A", trail[0]], ["B", trail[trail.length - 1]]]) {
    const [x, y] = at(point);
    ink.fillText(name, x + 10, y - 8);
  }
}

let nextEnd = 0;
takers.plane = {
  take(seed) {
    const ends = [...chosen().ends];
    ends[nextEnd] = seed;
    nextEnd = 1 - nextEnd;
    keep({ ends });
    loadPlane();
  },
  wants: () => `Choose the ${nextEnd ? "end (B)" : "beginning (A)"} of the walk by a sample's number.`,
  marks: () => ({ [chosen().ends[1]]: "B", [chosen().ends[0]]: "A" }),
};
