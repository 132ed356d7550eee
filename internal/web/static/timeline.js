// A timeline of any length. The page has its first rows; all of them come as arrays, see rows.go for their members.
import { Rows, cells, filtering, visible } from "/static/rows.js";

const byId = (id) => document.getElementById(id);
const box = byId("timeline");
const drawer = byId("drawer");
const state = byId("step-state");
const names = ["no", "what", "agent", "how", "when", "took"];
const NO = 0, DEPTH = 1, KIND = 2, ACTION = 3, AGENT = 4, OUTCOME = 5, START = 6, TOOK = 7, X = 8, WIDTH = 9, DETAILS = 10, EVENTS = 11, FLAWED = 12;
const kinds = { handoff: "handoff", approval: "approval", error: "failed" };

function mark(step) {
  if (step[OUTCOME] === "error" || step[OUTCOME] === "timeout") return "failed";
  return step[OUTCOME] === "denied" ? "denied" : kinds[step[KIND]] || "plain";
}

function lasted(ms) {
  if (ms < 1) return ms.toFixed(2) + " ms";
  if (ms < 1000) return ms.toFixed(0) + " ms";
  return ms < 120000 ? (ms / 1000).toFixed(1) + " s" : Math.round(ms / 1000) + " s";
}

const bare = cells("step", names);
function make() {
  const row = bare();
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 1000 10");
  svg.setAttribute("preserveAspectRatio", "none");
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  bar.setAttribute("y", 1);
  bar.setAttribute("height", 8);
  svg.append(bar);
  row.append(svg);
  return row;
}

function fill(row, step) {
  const m = mark(step);
  row.className = "step " + m + (step[FLAWED] ? " flawed" : "");
  const texts = [step[NO], step[ACTION], step[AGENT], step[OUTCOME], "+" + lasted(step[START]), step[TOOK] > 0 ? lasted(step[TOOK]) : ""];
  texts.forEach((text, i) => (row.children[i].textContent = text));
  row.children[1].className = "what d" + Math.min(step[DEPTH], 16);
  const bar = row.children[6].firstChild;
  bar.setAttribute("x", step[X]);
  bar.setAttribute("width", step[WIDTH]);
  bar.setAttribute("class", "mark " + m);
}

function element(name, text, className) {
  const e = document.createElement(name);
  if (text !== undefined) e.textContent = text;
  if (className) e.className = className;
  return e;
}

// fields lists an event's fields, as its page does.
async function fields(id) {
  const list = element("dl");
  const answer = await fetch("/event/" + encodeURIComponent(id) + "?format=json");
  if (!answer.ok) {
    list.append(element("dd", "couldn't get it"));
    return list;
  }
  for (const section of (await answer.json()).sections) {
    for (const field of section.rows) list.append(element("dt", field.field), element("dd", visible(field.value)));
  }
  return list;
}

let opened = 0;
async function open(step) {
  const mine = ++opened;
  const close = element("button", "Close");
  close.type = "button";
  close.addEventListener("click", () => {
    drawer.hidden = true;
    box.focus();
  });
  drawer.replaceChildren(close, element("h2", "Step " + step[NO] + ": " + step[ACTION]), element("p", step[DETAILS]));
  drawer.hidden = false;
  for (const id of step[EVENTS].slice(0, 10)) {
    const list = await fields(id);
    if (mine !== opened) return;
    const links = element("p");
    const page = element("a", "event " + id);
    page.href = "/event/" + id;
    const proof = element("a", "proof");
    proof.href = "/event/" + id + "/proof";
    links.append(page, " ", proof);
    drawer.append(links, list);
  }
}

async function start() {
  const answer = await fetch(box.dataset.rows);
  if (!answer.ok) return; // the page has its first rows and links to the others
  const all = await answer.json();
  const texts = all.map((s) => [s[ACTION], s[AGENT], s[OUTCOME], s[KIND], s[DETAILS]].join(" ").toLowerCase());
  const rows = new Rows(box, 24, make, fill, open);
  let shown = all;
  const show = (text) => {
    shown = text === "" ? all : all.filter((_, i) => texts[i].includes(text));
    rows.active = -1;
    box.scrollTop = 0;
    rows.set(shown);
    state.textContent = shown.length + " of " + all.length + " steps";
  };
  byId("paging")?.remove();
  byId("step-form").hidden = false;
  byId("step-form").addEventListener("submit", (e) => e.preventDefault());
  filtering(byId("step-filter"), show);
  byId("step-failed").addEventListener("click", () => {
    const from = rows.active + 1;
    const next = [...shown.keys()].find((i) => mark(shown[(from + i) % shown.length]) === "failed");
    if (next !== undefined) rows.choose((from + next) % shown.length, true);
  });
  byId("lanes").addEventListener("click", (e) => {
    const at = shown.findIndex((s) => String(s[NO]) === e.target.dataset?.step);
    if (at >= 0) rows.choose(at, true);
  });
  show("");
  document.body.dataset.rows = all.length;
}

start();
