// The strip of samples from which all parts choose.
const samples = find(".explore-samples");
let stripPicture = null;
let stripFirst = 0;
let takers = {}; // by part: what it does with a chosen sample, what it wants to be told, which samples it shows as chosen

const strips = new Map(); // of the model that is open, by the first number and the truncation with which they were asked for
const stripOf = (first) => `${first} ${chosen().truncation || "off"}`;

const showStrip = oneAtATime(async (still) => {
  const first = chosen().first;
  const strip = stripOf(first);
  if (!strips.has(strip)) {
    const points = open.kind === "points";
    const found = points ? (await askJson("strip", { first })).points : await askPicture("strip", { first });
    if (!still()) return;
    strips.set(strip, found);
  }
  stripPicture = strips.get(strip);
  stripFirst = first;
  samples.replaceChildren(...Array.from({ length: open.strip }, (_, place) => sampleButton(first + place)));
  find(".explore-strip-range").textContent = `${first} – ${first + open.strip - 1}`;
  find('[data-do="earlier"]').disabled = first === 0;
  markSamples();
});

function sampleButton(seed) {
  const button = make("button", { type: "button", className: "explore-sample", title: `sample ${seed}` });
  button.dataset.seed = seed;
  if (open.kind === "points") {
    button.textContent = seed;
  } else {
    const picture = thumbnail("");
    drawTile(picture, stripPicture, seed - stripFirst, open.strip);
    button.append(picture);
  }
  button.setAttribute("aria-label", `sample ${seed}`);
  return button;
}

// A small picture of any sample, drawn when its strip is there, unless another is to be drawn there by then.
async function drawSample(canvas, seed) {
  const first = seed - (seed % open.strip);
  const strip = stripOf(first);
  const wanted = `${seed} of ${strip}`;
  const of = open;
  canvas.dataset.wanted = wanted;
  if (!strips.has(strip)) {
    const found = await askPicture("strip", { first });
    if (open !== of) return;
    strips.set(strip, found);
  }
  if (canvas.dataset.wanted === wanted) drawTile(canvas, strips.get(strip), seed - first, open.strip);
}

function markSamples() {
  const taker = takers[chosen().part];
  find(".explore-strip").hidden = !taker;
  if (!taker) return;
  const marks = taker.marks();
  find(".explore-strip-said").textContent = taker.wants();
  for (const button of samples.children) {
    const words = marks[button.dataset.seed];
    button.dataset.mark = words || "";
    button.classList.toggle("explore-marked", Boolean(words));
    button.setAttribute("aria-label", `sample ${button.dataset.seed}${words ? `, chosen as ${words}` : ""}`);
  }
}

samples.addEventListener("click", (event) => {
  const button = event.target.closest(".explore-sample");
  if (!button) return;
  takers[chosen().part].take(Number(button.dataset.seed));
  markSamples();
});
samples.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step && [...samples.children].at(([...samples.children].indexOf(document.activeElement) + step) % open.strip);
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

// Truncation: the numbers of a latent beyond it are drawn again; at its end nothing is.
const truncationSlider = find("[data-of=truncation]");
function showTruncation() {
  truncationSlider.parentNode.hidden = !open.truncation;
  if (!open.truncation) return;
  truncationSlider.max = open.truncation;
  truncationSlider.min = truncationSlider.step = open.truncation / 30;
  truncationSlider.value = chosen().truncation || open.truncation;
  find("output", truncationSlider.parentNode).textContent = chosen().truncation ? chosen().truncation.toFixed(1) : "off";
}
truncationSlider.addEventListener("input", () => {
  const value = Number(truncationSlider.value);
  keep({ truncation: value < open.truncation ? value : null });
  strips.clear();
  showTruncation();
  showStrip();
  PARTS[chosen().part].enter();
});

function turnPage(pages) {
  keep({ first: Math.max(0, chosen().first + pages * open.strip) });
  showStrip();
}
onDo("earlier", () => turnPage(-1));
onDo("more", () => turnPage(1));

// Places that a sample can be put into. `places` are words; `put` hears of the place that waits for the next sample.
function pickers(holder, places, groups) {
  let active = 0;
  const buttons = places.map((words, place) => {
    const picture = thumbnail("");
    const button = make("button", { type: "button", className: "explore-picker" }, picture);
    button.addEventListener("click", () => activate(place));
    groups(place, holder).append(button);
    return { button, picture, words };
  });
  function activate(place) {
    active = place;
    buttons.forEach(({ button }, each) => button.setAttribute("aria-pressed", each === active));
    markSamples();
  }
  function show(seeds) {
    buttons.forEach(({ button, picture, words }, place) => {
      button.setAttribute("aria-pressed", place === active);
      button.setAttribute("aria-label", `${words}: sample ${seeds[place]}; press to choose another`);
      button.title = `sample ${seeds[place]}`;
      drawSample(picture, seeds[place]).catch(complain);
    });
  }
  return {
    show,
    activate,
    active: () => active,
    next: () => activate((active + 1) % places.length),
    words: () => places[active],
  };
}
