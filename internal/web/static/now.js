// The first page's figures, anew every two seconds while somebody looks.
const minutes = document.getElementById("minutes");

function bars(counts) {
  const most = Math.max(1, ...counts);
  counts.forEach((n, i) => {
    const bar = minutes.children[i];
    bar.setAttribute("height", (20 * n) / most);
    bar.setAttribute("y", 20 - (20 * n) / most);
    bar.firstElementChild.textContent = n + ", " + (counts.length - 1 - i) + " minutes ago";
  });
}

function table(name, list) {
  const body = document.querySelector(`[data-counts="${name}"] tbody`);
  body.replaceChildren(
    ...list.map((item) => {
      const row = document.createElement("tr");
      const [label, count] = [row.insertCell(), row.insertCell()];
      label.textContent = item.name;
      count.textContent = item.events;
      count.className = "right";
      return row;
    }),
  );
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("/now.json");
  if (!answer.ok) return;
  const now = await answer.json();
  for (const tile of now.tiles) {
    const place = document.querySelector(`[data-tile="${tile.Name}"]`);
    if (place && place.textContent !== tile.Value) place.textContent = tile.Value;
  }
  if (!now.live) return;
  bars(now.minutes);
  for (const [name, list] of Object.entries(now.tables)) table(name, list);
}

setInterval(() => refresh().catch(() => {}), 2000);
