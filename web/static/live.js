/* Keeps a page up to date: when the stream says that something changed, the page is fetched again and its
   regions (data-live) are replaced where they differ. Forms lie outside of them, so that nothing typed is lost.
   data-live="keep": children are kept by their id, only new ones come and old ones go.
   data-live="follow": scrolled to its end, it stays there. */
"use strict";

(() => {
  const { stream: live, refresh: address } = document.body.dataset;
  const regions = () => document.querySelectorAll("[data-live]");
  const served = new Map([...regions()].map((region) => [region.id, region.innerHTML]));
  const state = document.getElementById("live-state");
  let busy = false;
  let again = false;

  function countDown() {
    for (const element of document.querySelectorAll("[data-countdown]")) {
      const seconds = Math.round((new Date(element.dataset.countdown) - Date.now()) / 1000);
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor((seconds % 3600) / 60);
      const text = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
      element.textContent = seconds > 0 ? `in ${text}` : "now";
    }
  }

  function toEnd(region) {
    region.scrollTop = region.scrollHeight;
  }

  function isTyped(element) {
    return [...element.querySelectorAll("textarea, input[type=text]")].some((field) => field.value !== field.defaultValue);
  }

  /* Children by id: those that stay are not touched, not even what is typed into them. */
  function keep(region, fresh) {
    const wanted = new Set([...fresh.children].map((child) => child.id));
    for (const child of [...region.children]) {
      if (!wanted.has(child.id) && !isTyped(child)) child.remove();
    }
    let before = null;
    for (const child of [...fresh.children].reverse()) {
      const here = document.getElementById(child.id) ?? document.importNode(child, true);
      if (here.nextElementSibling !== before || here.parentElement !== region) region.insertBefore(here, before);
      before = here;
    }
  }

  /* All of it, but what was open stays open, what had the focus keeps it, what was scrolled stays there. */
  function replace(region, fresh) {
    const open = [...region.querySelectorAll("details[open][id]")].map((element) => element.id);
    const scrolled = [...region.querySelectorAll("[data-scroll]")].map((element) => [element.id, element.scrollLeft]);
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    const atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 40;
    region.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of scrolled) {
      const element = document.getElementById(id);
      if (element) element.scrollLeft = left;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (region.dataset.live === "follow" && atEnd) toEnd(region);
  }

  function merge(fresh) {
    document.title = fresh.title;
    for (const region of regions()) {
      const next = fresh.getElementById(region.id);
      if (!next || served.get(region.id) === next.innerHTML) continue;
      if (region.matches(":active")) {  // somebody presses a button there: not under their finger
        again = true;
        continue;
      }
      served.set(region.id, next.innerHTML);
      if (region.dataset.live === "keep") keep(region, next);
      else replace(region, next);
    }
    countDown();
  }

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(address, { headers: { "X-Live": "1", Accept: "text/html" }, cache: "no-store" });
      if (answer.status === 401) location.reload();
      else if (answer.ok) merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      /* The stream tells when the server is back. */
    }
    busy = false;
    if (again) {
      again = false;
      setTimeout(refresh, 300);
    }
  }

  function say(text, isLive) {
    if (!state) return;
    state.textContent = text;
    state.classList.toggle("is-live", isLive);
  }

  function warn(text) {
    const banner = document.getElementById("warning");
    banner.hidden = text === "";
    if (banner.textContent !== text) banner.textContent = text;
  }

  function listen() {
    const stream = new EventSource(live);
    stream.addEventListener("open", () => {
      say("Live", true);
      refresh();
    });
    stream.addEventListener("changed", refresh);
    stream.addEventListener("health", (event) => warn(event.data));
    stream.addEventListener("signed-out", () => location.reload());
    stream.addEventListener("error", () => {
      say("Not live: connecting again…", false);
      if (stream.readyState === EventSource.CLOSED) {
        refresh();
        setTimeout(listen, 5000);
      }
    });
    window.addEventListener("pagehide", () => stream.close(), { once: true });
  }

  document.querySelectorAll('[data-live="follow"]').forEach(toEnd);
  countDown();
  setInterval(countDown, 1000);
  if (live) listen();
})();
