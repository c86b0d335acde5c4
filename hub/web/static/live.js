// Keeps a page fresh: often while someone looks at it, seldom after, never under a hand that types, and not at all while it is paused.
// What a page says of a state (".word") is told to who cannot see it, only when it changed and once in ten seconds at the most.
(function () {
  const main = document.querySelector("main[data-live]"), box = document.getElementById("live");
  if (!main || !box) return;
  const often = 4000, seldom = 60000, quiet = 10000, kept = "hub-live-paused";
  const button = box.querySelector("button"), note = box.querySelector("span"), heard = document.getElementById("announce");
  let seen = new Date(), rounds = 0, timer = 0, told = 0, paused = false;
  try { paused = sessionStorage.getItem(kept) === "yes"; } catch (error) { /* no memory: it begins fresh */ }

  const words = () => [...main.querySelectorAll(".word, .progress label")].map((word) => word.textContent.trim());
  let last = words();

  function announce() {
    const now = words(), fresh = now.filter((word, place) => word !== last[place]);
    if (!fresh.length || Date.now() - told < quiet) return;
    heard.textContent = [...new Set(fresh)].join(", ");
    last = now;
    told = Date.now();
  }

  async function look() {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh && !paused && !busy()) put(fresh);
    ["pill", "icon"].forEach((id) => { const old = document.getElementById(id), now = page.getElementById(id); if (old && now) old.replaceWith(now); });
    seen = new Date();
    if (fresh && !fresh.hasAttribute("data-live")) { paused = true; box.hidden = true; }  // it has ended
    announce();
  }

  function lost() {  // never green while nobody knows
    const pill = document.getElementById("pill"), since = box.dataset.lost + " " + seen.toLocaleTimeString(document.documentElement.lang);
    note.textContent = since;
    document.getElementById("icon").href = box.dataset.bad;
    if (pill) { pill.className = "pill word unknown"; pill.textContent = "? " + since; }
  }

  function put(fresh) {
    const said = [...main.querySelectorAll(":scope > .said[role]")];  // what was just done stays said until another page comes
    if (fresh.innerHTML !== main.innerHTML) { main.innerHTML = fresh.innerHTML; main.prepend(...said); }
  }

  function busy() {
    const active = document.activeElement;
    return (main.contains(active) && active !== main) || !getSelection().isCollapsed || main.querySelector("details[open]");
  }

  async function again() {
    if (!paused && !document.hidden && !busy()) {
      try { await look(); note.textContent = ""; }
      catch (error) { lost(); }
    }
    rounds += 1;
    next(rounds < 30 ? often : seldom);
  }

  function next(wait) { clearTimeout(timer); if (!paused) timer = setTimeout(again, wait); }
  function show() { button.textContent = paused ? box.dataset.go : box.dataset.pause; }
  function awake() { const slept = rounds >= 30; rounds = 0; if (slept) next(0); }

  button.addEventListener("click", () => {
    paused = !paused;
    try { sessionStorage.setItem(kept, paused ? "yes" : "no"); } catch (error) { /* for this page only */ }
    show();
    next(0);
  });
  ["pointermove", "keydown", "focus"].forEach((name) => addEventListener(name, awake, { passive: true }));
  box.hidden = false;
  show();
  next(often);
})();
