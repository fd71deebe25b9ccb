// What stands after "#" in the page's address: the tab, the model, and what Paint shows, so that a link opens it again.
// Nothing of it is sent to the server as it stands: the tabs ask about it, as about all that a page sends.
const labAddress = (() => {
  const PARTS = ["tab", "model", "seed", "session", "view"];
  const OWN = "gan-lab-address"; // what this page wrote last: found again after a reload, it is no link
  const PAUSE = 250; // milliseconds: browsers take only so many changes
  const through = (stream, data) => new Blob([data]).stream().pipeThrough(stream);
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(PARTS.filter((part) => given.get(part)).map((part) => [part, given.get(part)]));
  };
  const kept = (() => {
    try {
      return sessionStorage.getItem(OWN);
    } catch {
      return null;
    }
  })();
  // A page that is loaded again may come with an older address than it wrote: it was on its way when the reload began.
  const again = performance.getEntriesByType("navigation").some(({ type }) => type === "reload");
  const now = read();
  let due = null;
  let leaving = false;
  const show = (parts) => {
    const hash = `#${new URLSearchParams(PARTS.filter((part) => parts[part]).map((part) => [part, parts[part]]))}`;
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  };
  const keep = (hash) => {
    try {
      sessionStorage.setItem(OWN, hash);
    } catch {
      // a browser that keeps nothing opens its own address as a link
    }
  };
  const write = () => {
    if (leaving) return;
    show(now);
    keep(location.hash);
  };
  return {
    asked: kept && (again || location.hash === kept) ? {} : read(), // what a link asked for when the page was opened
    tab: now.tab,
    change(parts) {
      Object.assign(now, parts);
      clearTimeout(due);
      due = setTimeout(write, PAUSE);
    },
    flush() {
      clearTimeout(due);
      write();
    },
    // Text as letters that an address may have.
    async packed(text) {
      const data = new Uint8Array(await new Response(through(new CompressionStream("deflate-raw"), text)).arrayBuffer());
      const letters = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
      return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    },
    // The text that was packed; an error for more of it than `most` characters.
    async unpacked(code, most) {
      const data = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
      const reader = through(new DecompressionStream("deflate-raw"), data).getReader();
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += decoder.decode(value, { stream: true });
        if (text.length > most) throw new Error("it is too long");
      }
    },
    // Opens the page anew, as a link with these parts would.
    follow(parts) {
      show(parts);
      this.open();
    },
    // Opens the page anew by the address that it now has.
    open() {
      leaving = true;
      keep("");
      location.reload();
    },
  };
})();
window.labAddress = labAddress;
addEventListener("hashchange", () => labAddress.open()); // a link that is opened in a page that is open

// The tab of the address is chosen as soon as the tabs are there; from then on the address follows them.
const labTabs = () => [...document.querySelectorAll("#tabs > .tab-wrapper > .tab-container:not(.visually-hidden) > [role=tab]")];
const nameOfTab = (tab) => tab.textContent.trim().toLowerCase();
function showTab(name) {
  const tab = labTabs().find((each) => nameOfTab(each) === name);
  if (tab) tab.click();
}
const tabsAwaited = setInterval(() => {
  if (!labTabs().length) return;
  clearInterval(tabsAwaited);
  if (labAddress.tab) showTab(labAddress.tab);
  document.getElementById("tabs").addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab && labTabs().includes(tab)) labAddress.change({ tab: nameOfTab(tab) });
  });
}, 30);
