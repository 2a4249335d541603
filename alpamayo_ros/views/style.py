# SPDX-License-Identifier: Apache-2.0
"""How a report looks: wide and narrow, light and dark."""

STYLE = """
:root {
  color-scheme: light dark; --page: #f6f6f3; --card: #fff; --ink: #16181d; --soft: #5d626d;
  --line: #e4e4df; --grid: #ececE7; --blue: #2a6fd6; --green: #12906a; --amber: #d18a00;
  --red: #d53b3a; --violet: #6a55c9; --gray: #a9adb6; --driven: #16181d; --metre: #e9e9e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121316; --card: #1b1d21; --ink: #eceef2; --soft: #9aa0ac; --line: #2c2f36;
    --grid: #282b31; --blue: #5b9bf5; --green: #2fbf8f; --amber: #e6a72e; --red: #f0625f;
    --violet: #9d8cf0; --gray: #5f6470; --driven: #eceef2; --metre: #25282d;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 64px }
h1 {
  font-size: 27px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em;
  overflow-wrap: anywhere;
}
h2 { font-size: 17px; margin: 0 0 2px }
p { margin: 0 0 12px; color: var(--soft); max-width: 76ch }
header p { margin-bottom: 20px }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 18px 20px; margin-top: 16px;
}
.tiles { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 12px }
.tile {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 12px 16px;
}
.tile b {
  display: block; font-size: 25px; line-height: 1.25; font-weight: 620; letter-spacing: -.01em;
}
.tile b small { font-size: 14px; font-weight: 500; color: var(--soft) }
.tile span { font-size: 13px; color: var(--soft); display: block }
.legend {
  display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft);
  margin: 4px 0;
}
.legend i {
  display: inline-block; width: 12px; height: 4px; border-radius: 2px; margin-right: 6px;
  vertical-align: middle;
}
.chart { padding: 0 6px 24px 40px; position: relative }
.unit { position: absolute; left: 0; top: -20px; font-size: 12px; color: var(--soft) }
.legend+.chart { margin-top: 22px }
.plot { position: relative; height: 210px; touch-action: pan-y; cursor: crosshair }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible }
.plot path, .plot line, .map path { vector-effect: non-scaling-stroke; fill: none }
.grid { stroke: var(--grid); stroke-width: 1 }
.line { stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.dots { stroke-width: 4; stroke-linecap: round }
.hair { stroke: var(--blue); stroke-width: 1; opacity: .28 }
.hair.on { opacity: 1; stroke-width: 2.5 }
.y, .x { position: absolute; font-size: 12px; color: var(--soft); white-space: nowrap }
.y { right: 100%; margin-right: 7px; transform: translateY(-50%) }
.x { top: 100%; margin-top: 5px; transform: translateX(-50%) }
.cursor {
  position: absolute; top: 0; bottom: 0; width: 0; border-left: 1.5px solid var(--soft);
  opacity: .75; pointer-events: none;
}
.bands { height: auto; padding-top: 2px }
.band {
  position: relative; height: 22px; margin-bottom: 24px; background: var(--grid);
  border-radius: 4px;
}
.band:last-of-type { margin-bottom: 0 }
.band span { position: absolute; left: 0; top: -19px; font-size: 12px; color: var(--soft) }
.bands .band:first-child { margin-top: 18px }
.band b { position: absolute; top: 0; bottom: 0; min-width: 2px; border-radius: 2px }
.bands .x { margin-top: 5px }

.above {
  display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 1fr); gap: 14px;
  margin-top: 8px;
}
figure { margin: 0 }
figcaption { font-size: 12px; color: var(--soft); margin-top: 5px }
.map {
  display: block; width: 100%; height: 340px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card);
}
.metre { stroke: var(--metre); stroke-width: 1 }
.driven {
  stroke: var(--driven); stroke-width: 3.5; stroke-linejoin: round; stroke-linecap: round;
  opacity: .85;
}
.prediction { stroke: var(--blue); stroke-width: 1.2; opacity: .2 }
.prediction.on { opacity: 1; stroke-width: 3 }
.marks { display: none }
.marks.on { display: inline }
.there { stroke: var(--blue); stroke-width: 9; stroke-linecap: round }
.was { stroke: var(--driven); stroke-width: 10; stroke-linecap: round }
.hole { stroke: var(--card); stroke-width: 5.5; stroke-linecap: round }
.map .ego { fill: var(--red); stroke: var(--card); stroke-width: 1 }
.bar {
  position: sticky; top: 0; z-index: 2;
  background: color-mix(in srgb, var(--card) 94%, transparent); backdrop-filter: blur(6px);
  display: flex; flex-wrap: wrap; align-items: center; gap: 4px 16px;
}
.bar input { flex: 1 1 240px; min-width: 160px; accent-color: var(--blue); margin: 4px 0 }
.bar output { font-size: 13px; color: var(--soft); flex: 2 1 420px }
.bar output b { color: var(--ink); font-weight: 600 }
.strip { overflow: auto hidden; margin: 8px -20px 0; padding: 0 20px }
.strip table { border-spacing: 6px 6px; margin: -6px }
.strip th {
  font-weight: 500; font-size: 12px; color: var(--soft); text-align: left; white-space: nowrap;
}
.strip td { padding: 0; vertical-align: top }
.strip small { font-size: 11px; color: var(--soft); display: block; margin-top: 1px }
.strip img {
  display: block; width: auto; height: clamp(96px, 11.2vw, 144px); border-radius: 6px;
  background: var(--grid);
}
.strip .none {
  width: 150px; height: 96px; border-radius: 6px; border: 1px dashed var(--line); display: grid;
  place-items: center; font-size: 12px; color: var(--soft);
}
.columns {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr));
  gap: 8px 32px;
}
.scroll { overflow-x: auto }
table.rows { border-collapse: collapse; width: 100%; font-size: 14px; margin: 6px 0 8px }
.rows th { font-weight: 500; font-size: 12px; color: var(--soft); text-align: left }
.rows th,.rows td {
  padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top;
}
.rows .n { text-align: right; white-space: nowrap }
.rows td { overflow-wrap: break-word }
.rows td:first-child { white-space: nowrap }
.chip { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px }
footer { margin-top: 20px; font-size: 12px; color: var(--soft); overflow-wrap: anywhere }
@media (max-width: 720px) {
  main { padding: 18px 12px 40px }
  section { padding: 14px 14px; border-radius: 10px }
  h1 { font-size: 22px }
  .minor { display: none }
  .above { grid-template-columns: minmax(0, 1fr) }
  .map { height: 230px }
  .one .map { height: 300px }
  .plot:not(.bands) { height: 170px }
  .chart { padding-left: 34px }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px }
  .tile { padding: 10px 12px }
  .tile b { font-size: 21px }
  .strip { margin: 8px -14px 0; padding: 0 14px }
  .bar output { flex-basis: 100% }
}
"""
