// The walk between two samples: its frames come at once, so that the slider moves without asking.
const WAY_NOTES = {
  circle:
    "Normal latents of many numbers all have nearly the same length: they lie on a shell. A great circle stays on it, " +
    "so that every frame is as likely as the two ends.",
  straight:
    "A straight line cuts through the inside of the shell, where no latents are drawn. Half way, latents are shorter, " +
    "and samples often look flatter or more alike.",
};
const PREVIEWS = 9;
let frames = null;
const frame = find(".explore-frame");
const walkPlayer = player(find('[data-part="walk"] .explore-player'), drawFrame);
const filmstrip = Array.from({ length: PREVIEWS }, () => thumbnail(""));
find(".explore-filmstrip").append(...filmstrip);
const walkPickers = pickers(find(".explore-pickers"), ["the beginning (A)", "the end (B)"], (_, holder) => holder);
const showWay = choice("way", (way) => {
  keep({ way });
  enterWalk();
});

function drawFrame(share) {
  if (frames) drawTile(frame, frames, Math.round(share * (open.steps - 1)), open.steps);
  markLength(share);
}

const wayAsked = () => ({ from: chosen().ends[0], to: chosen().ends[1], way: chosen().way });

const loadWay = oneAtATime(async (still) => {
  const asked = wayAsked();
  const found = await askPicture("way", asked);
  if (!still()) return;
  frames = found;
  filmstrip.forEach((canvas, place) =>
    drawTile(canvas, frames, Math.round((place / (PREVIEWS - 1)) * (open.steps - 1)), open.steps),
  );
  walkPlayer.go(chosen().place);
  element.dataset.way = JSON.stringify(asked);
});

function enterWalk() {
  const { way, ends } = chosen();
  showWay(way);
  find(".explore-way-note").textContent = WAY_NOTES[way];
  walkPickers.show(ends);
  loadWay();
  loadLengths();
}

function takeEnd(seed) {
  const ends = [...chosen().ends];
  ends[walkPickers.active()] = seed;
  keep({ ends });
  walkPickers.next();
  enterWalk();
}

takers.walk = {
  take: takeEnd,
  wants: () => `Choose ${walkPickers.words()}.`,
  marks: () => ({ [chosen().ends[1]]: "B", [chosen().ends[0]]: "A" }),
};
onDo("swap", () => {
  keep({ ends: [...chosen().ends].reverse() });
  enterWalk();
  markSamples();
});
const loadFilm = oneAtATime(async () => {
  const asked = wayAsked();
  save(await (await ask("film", asked)).blob(), `walk-${asked.from}-to-${asked.to}.gif`);
});
onDo("film", loadFilm);
const loadWayMaps = oneAtATime(async () => {
  const asked = { ...wayAsked(), layer: wayLayer() };
  await saveMaps("way_maps", asked, `walk-${asked.from}-to-${asked.to}-${asked.layer}.gif`);
});
const wayLayer = mapsOf(find('[data-part="walk"] .explore-maps'), loadWayMaps);
