# SPDX-License-Identifier: Apache-2.0
"""How the page of an audit looks, beside the style of all reports, and its keys."""

STYLE = """
.hits { margin-top: 16px }
.hit { scroll-margin-top: 64px; padding: 0; overflow: hidden }
.hit.on { border-color: var(--blue); box-shadow: 0 0 0 1px var(--blue) }
.hit > h3 {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 10px; margin: 0;
  padding: 12px 20px; font-size: 16px; border-bottom: 1px solid var(--line);
}
.hit > h3 a { color: var(--soft); text-decoration: none; font-weight: 500 }
.hit > h3 small { font-size: 13px; font-weight: 400; color: var(--soft) }
.hit > h3 .badges { margin-left: auto; display: flex; flex-wrap: wrap; gap: 6px }
.badge {
  display: inline-block; font-size: 12px; font-weight: 600; line-height: 1.5; padding: 1px 9px;
  border-radius: 99px; white-space: nowrap; color: var(--tone, var(--soft));
  background: color-mix(in srgb, var(--tone, var(--gray)) 14%, transparent);
}
.red { --tone: var(--red) } .amber { --tone: var(--amber) } .green { --tone: var(--green) }
.blue { --tone: var(--blue) } .violet { --tone: var(--violet) }
.seen {
  display: grid; grid-template-columns: 236px minmax(0, 1fr); gap: 0 22px; padding: 16px 20px;
}
.tick.map { height: 354px }
.metre { fill: none }
.tick .candidate { stroke: var(--blue); stroke-width: 1.3; opacity: .32 }
.tick .chosen { stroke: var(--blue); stroke-width: 3; stroke-linecap: round }
.tick .planned { stroke: var(--amber); stroke-width: 2.4; stroke-dasharray: 5 5 }
.tick .driven { stroke-width: 6; opacity: .28 }
.tick .second { stroke: var(--driven); stroke-width: 6; stroke-linecap: round; opacity: .75 }
.hit blockquote {
  margin: 0 0 12px; padding: 2px 0 2px 14px; border-left: 3px solid var(--violet);
  font-size: 17px; line-height: 1.4; overflow-wrap: anywhere; white-space: pre-line;
}
.hit blockquote.none { border-color: var(--line); color: var(--soft) }
.facts { width: 100%; border-collapse: collapse; font-size: 14px }
.facts th {
  font-weight: 500; font-size: 13px; color: var(--soft); text-align: left; white-space: nowrap;
  width: 1%; padding: 5px 16px 5px 0; vertical-align: top;
}
.facts td { padding: 5px 0; vertical-align: top; overflow-wrap: anywhere }
.facts tr + tr > * { border-top: 1px solid var(--line) }
.facts b { font-weight: 620 }
.facts .why { color: var(--soft) }
.stages { display: flex; height: 8px; border-radius: 4px; overflow: hidden; margin: 7px 0 3px;
  background: var(--grid); max-width: 420px }
.stages i { display: block; min-width: 1px }
.film {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(150px, 46%), 1fr)); gap: 6px;
  padding: 0 20px 18px;
}
.film figure { min-width: 0 }
.film img { display: block; width: 100%; border-radius: 6px; background: var(--grid) }
.film figcaption { font-size: 11px; margin-top: 2px }
.counts { display: grid; gap: 16px 36px; margin-top: 10px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)) }
.counts h3 { font-size: 13px; font-weight: 600; margin: 0 0 4px }
.count { display: grid; grid-template-columns: minmax(0, 1fr) auto; font-size: 13px; gap: 0 12px }
.count span { overflow-wrap: anywhere }
.count b { font-weight: 600; text-align: right }
.count i {
  grid-column: 1 / -1; height: 4px; border-radius: 2px; margin: 2px 0 6px;
  background: var(--tone, var(--blue));
}
.keys { margin-left: auto; font-size: 13px; color: var(--soft) }
kbd {
  font: inherit; font-size: 12px; border: 1px solid var(--line); border-radius: 4px;
  padding: 0 6px; background: var(--page);
}
.index { display: flex; flex-wrap: wrap; gap: 3px }
.index a {
  width: 14px; height: 14px; border-radius: 3px; opacity: .55;
  background: var(--tone, var(--gray));
}
.index a.on { opacity: 1; outline: 2px solid var(--ink); outline-offset: 1px }
.mark { display: block }
@media (max-width: 720px) {
  .seen { grid-template-columns: minmax(0, 1fr); padding: 14px }
  .tick.map { height: 300px; margin-bottom: 14px }
  .hit > h3, .film { padding-left: 14px; padding-right: 14px }
  .keys { display: none }
}
@media print {
  .bar { display: none } .hit { break-inside: avoid }
}
"""

SCRIPT = """
const hits = [...document.querySelectorAll(".hit")];
const marks = [...document.querySelectorAll(".index a")];
let at = -1;
function go(k, scroll) {
  if (!hits.length) return;
  at = Math.max(0, Math.min(hits.length - 1, k));
  hits.forEach((hit, i) => hit.classList.toggle("on", i === at));
  marks.forEach((mark, i) => mark.classList.toggle("on", i === at));
  if (scroll) hits[at].scrollIntoView({ block: "start" });
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 };
  if (event.key in steps) { go(at + steps[event.key], true); event.preventDefault(); }
});
marks.forEach((mark, i) => mark.addEventListener("click", event => {
  go(i, true); event.preventDefault();
}));
hits.forEach((hit, i) => hit.addEventListener("click", () => go(i, false)));
go(0, false);
"""
