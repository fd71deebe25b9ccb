// What is kept of a view, and how it is opened again: as a part of the page's address, which a stranger may have written.
// So each value is looked at; the server looks again at what it is asked for.
const LONGEST_VIEW = 200000; // characters
const isText = (most) => (value) => typeof value === "string" && value.length <= most;
const isNumber = (value) => typeof value === "number" && Math.abs(value) < 1e6;
const isWhole = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 31;
const isList = (of, most, least = 0) => (value) => Array.isArray(value) && value.length >= least && value.length <= most && value.every(of);
const isBy = (of) => (value) => value && typeof value === "object" && Object.keys(value).length <= 32 && Object.values(value).every(of);
const isBox = (fields) => (value) => value && typeof value === "object" && Object.entries(fields).every(([name, of]) => of(value[name]));
const isFlag = (value) => typeof value === "boolean";
const orNull = (of) => (value) => value === null || of(value);
const isSpot = isList(isNumber, 2, 2);
const isLatent = orNull(isList(isNumber, 4096));
const VIEW = {
  part: isText(20),
  first: isWhole,
  seed: isWhole,
  ends: isList(isWhole, 2, 2),
  way: (value) => Object.hasOwn(WAY_NOTES, value),
  place: (value) => isNumber(value) && value >= 0 && value <= 1,
  nine: isList(isWhole, 9, 9),
  method: (value) => Object.hasOwn(METHOD_NOTES, value),
  steps: isBy(isList(isNumber, 64)),
  ranges: isBy(isList(orNull(isList(isWhole, 2, 2)), 64)),
  names: isBy(isText(40)),
  bound: isBy(isList(Number.isInteger, 2, 2)),
  label: isWhole,
  values: isList(isNumber, 64),
  text: isText(400),
  mixed: isList(isWhole, 2, 2),
  mixedFrom: isWhole,
  hold: isFlag,
  truncation: orNull(isNumber),
  pulled: isBox({
    of: isText(40),
    begin: isLatent,
    latent: isLatent,
    pace: (value) => value === undefined || isLatent(value),
    handles: isList(isBox({ origin: isSpot, target: isSpot, at: orNull(isSpot) }), MOST_POINTS),
    taken: isWhole,
  }),
};

// What the page's address asks to be shown of the model that the server told of, once; nothing for another model.
async function viewOf(found) {
  const { model, view } = labAddress.asked;
  if (!view || model !== found.model) return {};
  delete labAddress.asked.view;
  labAddress.change({ view: "" });
  let given;
  try {
    given = JSON.parse(await labAddress.unpacked(view, LONGEST_VIEW));
  } catch {
    throw new Error("This link cannot be opened: there is nothing in it that this lab wrote.");
  }
  const known = Object.entries(given || {}).filter(([name]) => Object.hasOwn(VIEW, name));
  const wrong = known.find(([name, value]) => !VIEW[name](value));
  if (wrong) throw new Error(`This link cannot be opened: its ${wrong[0]} is none that this lab wrote.`);
  return Object.fromEntries(known);
}

for (const button of findAll("[data-keeps]")) {
  button.addEventListener("click", async () => {
    try {
      const { part } = chosen();
      const view = await labAddress.packed(JSON.stringify(chosen()));
      labKept.keep(find(button.dataset.keeps), PARTS[part].title, { tab: "explore", model: open.model, view });
      complain(null);
      button.textContent = "Kept";
      setTimeout(() => (button.textContent = "Keep"), 2000);
    } catch (error) {
      complain(error);
    }
  });
}
