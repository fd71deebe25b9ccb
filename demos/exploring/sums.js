// Arithmetic: the mean of three, minus the mean of three, plus the mean of three.
const SIDES = [
  { sign: "", name: "with the trait" },
  { sign: "−", name: "without it" },
  { sign: "+", name: "to get it" },
];
const GROUP = 3;
const NEAR_COUNT = 8;
const equation = find(".explore-equation");
const means = [];
const holders = SIDES.map(({ sign, name }) => {
  const mean = thumbnail(`mean of the samples ${name}`);
  means.push(mean);
  const group = make("div", { className: "explore-group" });
  const side = make(
    "div",
    { className: "explore-side" },
    make("span", { className: "explore-side-name", textContent: name }),
    group,
    make("div", { className: "explore-mean" }, mean, make("span", { textContent: "their mean" })),
  );
  if (sign) equation.append(make("span", { className: "explore-sign", textContent: sign }));
  equation.append(side);
  return group;
});
const sumCanvas = thumbnail("the sum");
equation.append(
  make("span", { className: "explore-sign", textContent: "=" }),
  make(
    "div",
    { className: "explore-side explore-sum" },
    make("span", { className: "explore-side-name", textContent: "the sum" }),
    sumCanvas,
  ),
);
const near = Array.from({ length: NEAR_COUNT }, (_, place) => thumbnail(`neighbour ${place + 1} of the sum`));
find(".explore-near").append(...near);
const sumPlaces = SIDES.flatMap(({ name }) => [1, 2, 3].map((number) => `sample ${number} ${name}`));
const sumPickers = pickers(equation, sumPlaces, (place) => holders[Math.floor(place / GROUP)]);

const loadSum = oneAtATime(async (still) => {
  const { nine } = chosen();
  const asked = { plus: nine.slice(0, 3), minus: nine.slice(3, 6), and: nine.slice(6) };
  const picture = await askPicture("sum", asked);
  if (!still()) return;
  const all = [...means, sumCanvas, ...near];
  all.forEach((canvas, place) => drawTile(canvas, picture, place, all.length));
  element.dataset.sum = nine.join(" ");
});

function enterSums() {
  sumPickers.show(chosen().nine);
  loadSum();
}

takers.sums = {
  take(seed) {
    const nine = [...chosen().nine];
    nine[sumPickers.active()] = seed;
    keep({ nine });
    sumPickers.next();
    enterSums();
  },
  wants: () => `Choose ${sumPickers.words()}.`,
  marks: () => Object.fromEntries(chosen().nine.map((seed, place) => [seed, "A−B+C".charAt(2 * Math.floor(place / GROUP))])),
};
