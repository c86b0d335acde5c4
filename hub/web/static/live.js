// Keeps a status page fresh: often while someone looks at it, seldom after, never under a hand that types.
(function () {
  const main = document.querySelector("main[data-live]");
  if (!main) return;
  let rounds = 0;
  const often = 4000, seldom = 60000;
  ["pointermove", "keydown", "focus"].forEach((name) => addEventListener(name, () => { rounds = 0; }, { passive: true }));

  async function again() {
    const busy = main.contains(document.activeElement) && document.activeElement !== main;
    if (!document.hidden && !busy) {
      try {
        const answer = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("main[data-live]");
        if (answer.ok && fresh && fresh.innerHTML !== main.innerHTML) {
          const words = () => [...main.querySelectorAll(".word")].map((word) => word.textContent.trim()).join(", ");
          const before = words();
          main.innerHTML = fresh.innerHTML;
          if (words() !== before) document.getElementById("announce").textContent = words();
        }
      } catch (error) { /* the next round tries again */ }
    }
    rounds += 1;
    setTimeout(again, rounds < 30 ? often : seldom);
  }
  setTimeout(again, often);
})();
