// Pictures that a person keeps: in this browser alone, each with the link that opens its session again.
const labKept = (() => {
  const STORE = "gan-lab-kept";
  const MOST = 60;
  const SIDE = 128; // pixels of a kept picture, at most
  const LONGEST_NAME = 60;
  const NOTHING = "Nothing is kept yet. Keep picture, in Paint, and Keep, in Explore, put one here.";
  let dialog = null;
  let said = null;

  const isKept = (one) =>
    one && [one.id, one.name, one.picture].every((each) => typeof each === "string") &&
    one.picture.startsWith("data:image/") && typeof one.parts === "object" && one.parts !== null;

  // What is kept, the newest first; what somebody else wrote under this name is no picture.
  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(STORE));
      return Array.isArray(found) ? found.filter(isKept).slice(0, MOST) : [];
    } catch {
      return [];
    }
  }

  function write(all) {
    try {
      localStorage.setItem(STORE, JSON.stringify(all));
    } catch {
      throw new Error("This browser has no room for it: delete some of the kept pictures.");
    }
    tell();
  }

  function small(picture) {
    const [width, height] = [picture.naturalWidth || picture.width, picture.naturalHeight || picture.height];
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.92);
  }

  // Puts one among what is kept by now, in other pages too. An error where there is no room.
  function put(one, place) {
    const all = read();
    if (all.length >= MOST) throw new Error(`${MOST} pictures are kept already: delete some of them first.`);
    write([...all.slice(0, place), one, ...all.slice(place)]);
  }

  // Keeps an image or a canvas, and the parts of the address that open it. An error where there is no room.
  function keep(picture, name, parts) {
    const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    put({ id, name, picture: small(picture), parts, when: Date.now() }, 0);
  }

  const made = (tag, properties = {}, ...children) => {
    const found = Object.assign(document.createElement(tag), properties);
    found.append(...children);
    return found;
  };

  function card(one) {
    const picture = made("img", { src: one.picture, alt: "" });
    const again = made("button", { type: "button", className: "kept-picture", title: "Open it again" }, picture);
    again.setAttribute("aria-label", `Open ${one.name} again`);
    again.addEventListener("click", () => labAddress.follow(one.parts));
    const name = made("input", { type: "text", value: one.name, maxLength: LONGEST_NAME, spellcheck: false });
    name.setAttribute("aria-label", `Name of ${one.name}`);
    name.addEventListener("change", () => {
      const given = name.value.trim() || one.name;
      attempt(() => write(read().map((each) => (each.id === one.id ? { ...each, name: given } : each))));
    });
    const remove = made("button", { type: "button", textContent: "Delete" });
    remove.setAttribute("aria-label", `Delete ${one.name}`);
    remove.addEventListener("click", () => {
      const before = read();
      const place = before.findIndex((each) => each.id === one.id);
      attempt(() => write(before.filter((each) => each.id !== one.id)));
      const undo = made("button", { type: "button", textContent: "Undo" });
      undo.addEventListener("click", () => attempt(() => put(one, place)));
      said.replaceChildren(`${one.name} is deleted. `, undo);
      undo.focus();
    });
    const when = Number.isFinite(one.when) ? `, ${new Date(one.when).toLocaleDateString()}` : "";
    const from = made("span", { textContent: `${one.parts.tab} · ${one.parts.model}${when}` });
    return made("li", {}, again, name, made("div", {}, from, remove));
  }

  function attempt(change) {
    said.textContent = "";
    try {
      change();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function tell() {
    const all = read();
    const opener = document.getElementById("kept-open");
    if (opener) opener.textContent = all.length ? `Kept pictures (${all.length})` : "Kept pictures";
    if (!dialog) return;
    dialog.querySelector("ul").replaceChildren(...all.map(card));
    dialog.querySelector(".kept-none").hidden = all.length > 0;
  }

  function show() {
    if (!dialog) {
      said = made("p", { className: "kept-said" });
      said.setAttribute("role", "status");
      const close = made("button", { type: "button", textContent: "Close" });
      close.addEventListener("click", () => dialog.close());
      const head = made("div", { className: "kept-head" }, made("h2", { id: "kept-title", textContent: "Kept pictures" }), close);
      const where = made("p", { textContent: `They stay in this browser, ${MOST} at most; nothing of them is sent anywhere.` });
      dialog = made("dialog", { id: "kept" }, head, where, said, made("p", { className: "kept-none", textContent: NOTHING }), made("ul"));
      dialog.setAttribute("aria-labelledby", "kept-title");
      document.body.append(dialog);
    }
    said.textContent = "";
    tell();
    dialog.showModal();
  }

  document.addEventListener("click", (event) => event.target.closest("#kept-open") && show());
  addEventListener("storage", (event) => event.key === STORE && tell()); // another page of this browser kept one
  const awaited = setInterval(() => {
    if (!document.getElementById("kept-open")) return;
    clearInterval(awaited);
    tell();
  }, 50);
  return { keep };
})();
window.labKept = labKept;
