// The live feed: the newest events first, the last 5,000 of them.
import { Rows, cells, filtering, visible } from "/static/rows.js";

const keep = 5000;
const byId = (id) => document.getElementById(id);
const fields = ["time", "agent", "type", "action", "outcome", "tier", "session", "details"];
const state = byId("feed-state");
const box = byId("feed-rows");
let all = []; // the oldest first
let shown = []; // those that the filter lets through, the newest first
let wanted = "";
let paused = false;
let waiting = 0;
let missed = 0;
let total = 0;

const bad = { error: "bad", timeout: "bad", denied: "warn", pending: "warn", success: "good" };
const rows = new Rows(
  box,
  24,
  cells("feedrow", fields),
  (row, item) => {
    fields.forEach((name, i) => {
      row.children[i].textContent = name === "time" ? item.time.slice(11, 23) : item.shown[name];
    });
    row.children[4].className = bad[item.outcome] || "";
  },
  (item) => location.assign("/event/" + encodeURIComponent(item.event)),
);

function add(items) {
  for (const item of items) {
    item.shown = {};
    for (const name of fields) item.shown[name] = visible(item[name] || "");
    item.text = Object.values(item.shown).join(" ").toLowerCase();
    all.push(item);
  }
  total += items.length;
  if (all.length > keep) all = all.slice(-keep);
  if (paused) {
    waiting += items.length;
    return tell();
  }
  const before = shown.length;
  show();
  // Who has scrolled down reads on where he was.
  if (box.scrollTop > 0) box.scrollTop += Math.max(0, shown.length - before) * rows.height;
}

function show() {
  shown = (wanted === "" ? all : all.filter((item) => item.text.includes(wanted))).toReversed();
  rows.set(shown);
  waiting = 0;
  tell();
}

function tell() {
  let words = shown.length + " of " + total + " events";
  if (paused) words += ", paused, " + waiting + " waiting";
  if (missed > 0) words += ", " + missed + " missed";
  state.textContent = words;
  document.body.dataset.total = total;
  document.body.dataset.missed = missed;
}

byId("feed-static").remove();
byId("feed").hidden = false;
byId("feed-form").hidden = false;
byId("feed-form").addEventListener("submit", (e) => e.preventDefault());
filtering(byId("feed-filter"), (text) => {
  wanted = text;
  show();
});
byId("feed-pause").addEventListener("click", (e) => {
  paused = !paused;
  e.target.setAttribute("aria-pressed", paused);
  e.target.textContent = paused ? "Go on" : "Pause";
  if (!paused) show();
  else tell();
});

const source = new EventSource("/feed/events" + location.search);
source.addEventListener("message", (e) => add(JSON.parse(e.data)));
source.addEventListener("missed", (e) => {
  missed += Number(e.data);
  tell();
});
source.addEventListener("open", tell);
source.addEventListener("error", () => (state.textContent = "not connected; trying again"));
addEventListener("pagehide", () => source.close());
