// Driving on a learned road: the wheel is turned by keys or fingers, and each frame asks for the next one.
const stage = find(".explore-drive");
const dreamCanvas = find(".explore-dream");
const trueCanvas = find(".explore-true");
const wheel = find(".explore-wheel");
const laneMarks = findAll(".explore-lane i");
const goButton = find('[data-do="go"]');
const WHEEL_TURN = 100; // degrees at full steering
const HASTE = 0.2; // of the whole way, that the wheel is turned in a frame
const STILL = 60; // seconds without a hand on the wheel, after which the car stops

let drive = null; // the last answer: the states of both roads
let hands = new Set(); // "left" and "right", while they are held
let steering = 0;
let going = 0; // the timer of the next frame
let touched = 0; // when a hand was last on the wheel

const showLight = choice("light", (light) => {
  keep({ light });
  showLight(light);
  beginDrive();
});

const beginDrive = oneAtATime(async (still) => {
  stopDriving();
  const { road, light } = chosen();
  const answer = await askJson("begin_drive", { seed: road, night: light === "night" });
  if (!still()) return;
  steering = 0;
  await showDrive(answer);
  stage.dataset.frame = 0;
});

const nextFrame = oneAtATime(async (still) => {
  const [mine, from] = [going, drive];
  if (!mine) return;
  const asked = performance.now();
  const wanted = hands.has("left") - hands.has("right");
  steering += Math.max(-HASTE, Math.min(HASTE, -wanted - steering));
  const { picture, ...truth } = from.truth;
  const answer = await askJson("steer", { state: from.state, truth, steering }).catch((error) => {
    if (going === mine) stopDriving();
    throw error;
  });
  if (!still() || going !== mine) return; // it was stopped, and maybe started again: that asks for itself
  if (drive === from) {
    // Otherwise another drive was begun meanwhile: this frame is none of it.
    await showDrive(answer);
    stage.dataset.frame = Number(stage.dataset.frame) + 1;
  }
  if (performance.now() - touched > 1000 * STILL) stopDriving();
  if (going === mine) going = setTimeout(nextFrame, Math.max(0, 1000 / open.rate - (performance.now() - asked)));
});

async function showDrive(answer) {
  drive = answer;
  await Promise.all([drawCode(dreamCanvas, answer.picture), drawCode(trueCanvas, answer.truth.picture)]);
  wheel.style.transform = `rotate(${WHEEL_TURN * steering}deg)`;
  wheel.setAttribute("aria-label", `Steering wheel: ${Math.round(100 * steering)} %`);
  stage.dataset.steering = steering.toFixed(2);
  stage.dataset.lane = answer.lane;
  [answer.lane, answer.truth.offset].forEach((metres, place) => {
    laneMarks[place].hidden = metres === null || (place === 1 && !chosen().beside);
    laneMarks[place].style.left = `${50 + (45 * Math.max(-1.2, Math.min(1.2, metres / open.half_road))) / 1.2}%`;
  });
}

function startDriving() {
  touched = performance.now();
  if (going || !drive) return;
  goButton.textContent = "Stop";
  going = setTimeout(nextFrame, 0);
}

function stopDriving() {
  clearTimeout(going);
  going = 0;
  hands.clear();
  showHands();
  goButton.textContent = "Drive";
}

function hold(hand, held) {
  if (held) {
    hands.add(hand);
    startDriving();
  } else {
    hands.delete(hand);
  }
  touched = performance.now();
  showHands();
}

function showHands() {
  for (const button of findAll("[data-hand]")) button.setAttribute("aria-pressed", hands.has(button.dataset.hand));
}

const HANDS = { ArrowLeft: "left", ArrowRight: "right" };
stage.addEventListener("keydown", (event) => {
  const hand = HANDS[event.key];
  if (hand) {
    event.preventDefault();
    hold(hand, true);
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    event.preventDefault(); // the page stays where it is
    event.key === "ArrowUp" ? startDriving() : stopDriving();
  }
});
stage.addEventListener("keyup", (event) => {
  if (HANDS[event.key]) hold(HANDS[event.key], false);
});
for (const button of findAll("[data-hand]")) {
  const { hand } = button.dataset;
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    hold(hand, true);
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    button.addEventListener(kind, () => hold(hand, false));
  }
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
// A key that is let go elsewhere would be held for ever.
window.addEventListener("blur", () => hands.size && (hands.clear(), showHands()));
document.addEventListener("visibilitychange", () => document.hidden && stopDriving());
goButton.addEventListener("click", () => {
  if (going) stopDriving();
  else startDriving();
  stage.focus({ preventScroll: true });
});
onDo("again", () => {
  beginDrive();
  stage.focus({ preventScroll: true });
});
onDo("other-road", () => {
  keep({ road: chosen().road + 1 });
  beginDrive();
});
const besideBox = find(".explore-beside input");
besideBox.addEventListener("change", () => showBeside(besideBox.checked));

function showBeside(on) {
  keep({ beside: on });
  besideBox.checked = on;
  find(".explore-true-road").hidden = !on;
  laneMarks[1].hidden = !on;
}

function enterDrive() {
  drive = null;
  chosen({ road: 7, light: "day", beside: false });
  keep({});
  for (const canvas of [dreamCanvas, trueCanvas]) canvas.style.aspectRatio = `${open.width} / ${open.height}`;
  showLight(chosen().light);
  showBeside(chosen().beside);
  beginDrive();
}
