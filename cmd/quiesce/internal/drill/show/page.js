"use strict";
// The page works without this: it adds arrow keys that choose a round, and a reading
// of the time and the requests under the pointer.
addEventListener("keydown", e => {
  const rel = {ArrowLeft: "prev", ArrowRight: "next"}[e.key];
  if (!rel || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey || e.target.closest("pre,.scroll")) return;
  const shown = [...document.querySelectorAll(".round")].find(r => r.offsetParent);
  const link = shown && shown.querySelector(`a[rel=${rel}]`);
  if (!link) return;
  e.preventDefault();
  const y = scrollY;
  link.click();
  scrollTo({top: y, behavior: "instant"});
});
const time = us => {
  const a = Math.abs(us), s = us > 0 ? "+" : "";
  return a < 1e3 ? s + Math.round(us) + "µs" : a < 1e6 ? s + (us / 1e3).toFixed(a < 1e5 ? 1 : 0) + "ms" : s + (us / 1e6).toFixed(2) + "s";
};
for (const t of document.querySelectorAll(".tl")) {
  const [from, gap, on, to, zero, share] = t.dataset.a.split(",").map(Number);
  const bins = t.dataset.b.split(";").map(b => b.split(",").map(Number));
  const width = bins.length && bins[0][0], cross = t.querySelector(".cross"), read = t.querySelector(".read");
  const left = 1 - (on > gap ? share : 0), drawn = to - from - (on - gap);
  const at = x => {
    const g = (gap - from) / drawn * left;
    if (x <= g) return from + x / left * drawn;
    if (x < g + 1 - left) return gap + (x - g) / (1 - left) * (on - gap);
    return on + (x - g - (1 - left)) / left * drawn;
  };
  t.addEventListener("pointermove", e => {
    const r = t.querySelector(".grid").getBoundingClientRect(), o = t.getBoundingClientRect(), x = (e.clientX - r.left) / r.width;
    cross.hidden = read.hidden = x < 0 || x > 1;
    if (cross.hidden) return;
    const us = at(x), b = bins.slice(1).find(b => us >= b[0] && us < b[0] + width);
    let s = time(us - zero);
    if (b) {
      s += "\n" + ["answered", "safe to retry", "refused", "lost"].map((n, i) => [b[i + 1], n]).filter(p => p[0]).map(p => p.join(" ")).join(", ");
      if (b[5]) s += "\nslowest " + time(b[5]).slice(1);
    }
    read.textContent = s.replace(/\n$/, "");
    const px = e.clientX - o.left;
    cross.style.left = px + "px";
    read.style.left = px + (px > o.width / 2 ? -read.offsetWidth - 10 : 10) + "px";
    read.style.top = Math.max(4, e.clientY - o.top - 20) + "px";
  });
  t.addEventListener("pointerleave", () => { cross.hidden = read.hidden = true; });
}
