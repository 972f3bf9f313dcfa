// Keeps a page true without reload: countdowns by the second, fragments on each tick of the live stream.
"use strict";
(() => {
  const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
  // The page's clock is the database's, which a told history may set to another day than the browser's.
  let ahead = 0;
  const setClock = (root) => {
    const marked = root.querySelector("[data-now]");
    if (marked) ahead = Number(marked.dataset.now) - Date.now();
  };
  const length = (ms) => {
    if (ms < minute) return `${Math.floor(ms / second)} s`;
    if (ms < hour) return `${Math.floor(ms / minute)} min ${String(Math.floor((ms % minute) / second)).padStart(2, "0")} s`;
    if (ms < day) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`;
    const days = Math.floor(ms / day), hours = Math.floor((ms % day) / hour);
    return days < 7 ? `${days} d ${hours} h` : `${days} d`;
  };
  const countDown = () => {
    const now = Date.now() + ahead;
    for (const node of document.querySelectorAll("time.countdown")) {
      const left = Date.parse(node.dateTime) - now;
      node.textContent = left >= 0 ? `in ${length(left)}` : `${length(-left)} late`;
      node.classList.toggle("late", left < 0);
      node.classList.toggle("soon", left >= 0 && left < 5 * minute);
    }
  };
  const keys = (root) => new Set([...root.querySelectorAll("[data-key]")].map((node) => node.dataset.key));
  const say = (text) => {
    const spoken = document.getElementById("spoken");
    if (spoken && text) spoken.textContent = text;
  };
  // What somebody has begun to write is never replaced under their hands.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-fragment] form");
    if (form) form.dataset.begun = "";
  });
  // A field that somebody is in, such as an opened list, counts as begun.
  const isBegun = (holder) => {
    const focus = document.activeElement;
    return holder.querySelector("form[data-begun]") || (holder.contains(focus) && focus.matches("input, select, textarea"));
  };
  const keyOf = (node) => node.closest("[data-key]")?.dataset.key;
  const isSame = (node, other) => keyOf(node) === keyOf(other) && node.getAttribute("href") === other.getAttribute("href")
    && node.textContent === other.textContent;
  const refresh = async (holder) => {
    const stale = document.getElementById("stale");
    const isHeld = () => {
      if (stale && isBegun(holder)) stale.hidden = false;
      return isBegun(holder);
    };
    if (isHeld()) return;
    const answer = await fetch(holder.dataset.fragment, { credentials: "same-origin", headers: { accept: "text/html" } });
    if (answer.status === 401 || answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isHeld()) return;
    // From here on nothing waits: what is folded out, and what has the focus, is as it was when the parts are replaced.
    const known = keys(holder), focus = holder.contains(document.activeElement) ? document.activeElement : null;
    const open = new Set([...holder.querySelectorAll("details[open][data-key]")].map((node) => node.dataset.key));
    holder.replaceChildren(...next.body.childNodes);
    wire(holder);
    setClock(holder);
    let news = 0;
    for (const node of holder.querySelectorAll("[data-key]")) {
      if (node.tagName === "DETAILS") { node.open = open.has(node.dataset.key); continue; }
      if (!known.has(node.dataset.key)) { node.classList.add("is-new"); news += 1; }
    }
    if (focus) {
      const again = [...holder.querySelectorAll(focus.tagName)].find((node) => isSame(node, focus));
      if (again) again.focus({ preventScroll: true });
    }
    if (news > 0) say(holder.dataset.news ? `${news} ${holder.dataset.news}` : "Updated");
    const version = holder.querySelector("[data-custody-version]"), asks = document.querySelector("[data-asks-for]");
    if (version && asks && stale) stale.hidden = version.dataset.custodyVersion === asks.dataset.asksFor;
    countDown();
  };
  let waiting = null;
  const refreshAll = () => {
    // Ticks may come in bursts; one read a second is enough for eyes.
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = null;
      for (const holder of document.querySelectorAll("[data-fragment]")) refresh(holder).catch(() => {});
    }, second);
  };
  // A link to a form opens it.
  const asked = document.getElementById(location.hash.slice(1));
  if (asked instanceof HTMLDetailsElement) asked.open = true;
  const pulse = document.getElementById("pulse");
  const show = (live) => {
    if (!pulse) return;
    pulse.className = live ? "pulse on" : "pulse off";
    pulse.textContent = live ? "Live" : "Reconnecting";
  };
  if (document.querySelector("[data-fragment]") && "EventSource" in window) {
    const stream = new EventSource("/api/v1/live");
    // The page says at which count it was read. The first tick may be older than that, and later ones are not.
    let seen = "seen" in document.body.dataset ? Number(document.body.dataset.seen) : null, first = true;
    stream.addEventListener("open", () => show(true));
    stream.addEventListener("error", () => show(false));
    stream.addEventListener("tick", (event) => {
      show(true);
      const count = JSON.parse(event.data).count;
      if (seen !== null && (first ? count > seen : count !== seen)) refreshAll();
      seen = first && seen !== null ? Math.max(seen, count) : count;
      first = false;
    });
  }
  // The one field that a reason asks for; without this script all of them stand there, each optional.
  const wire = (root) => {
    for (const form of root.querySelectorAll("form[data-reasons]")) {
      const choice = form.querySelector("select[name=code]");
      const apply = () => {
        const picked = form.querySelector("input[name=quick]:checked");
        const code = choice.value || (picked ? picked.value : "");
        for (const field of form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(code);
      };
      form.addEventListener("change", (event) => {
        if (event.target.name === "quick") choice.value = "";
        if (event.target === choice && choice.value) for (const radio of form.querySelectorAll("input[name=quick]")) radio.checked = false;
        apply();
      });
      apply();
    }
  };
  wire(document);
  // The slider says which row it stands on; without this script the button still takes it.
  for (const slide of document.querySelectorAll("input[data-slide]")) {
    const shown = slide.parentElement.querySelector("output");
    slide.addEventListener("input", () => { if (shown) shown.textContent = slide.value; });
  }
  setClock(document);
  countDown();
  setInterval(countDown, second);
})();
