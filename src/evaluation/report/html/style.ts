/** Ten colours that are told apart also by those who see few, for light and for dark ground. */
const LIGHT = [
  '#0b6e99',
  '#c2410c',
  '#3f7d20',
  '#7b3fa0',
  '#a16207',
  '#b4236b',
  '#0f766e',
  '#4f46e5',
  '#6b5b4b',
  '#475569',
];
const DARK = [
  '#5cc0ee',
  '#ff9b66',
  '#93d46b',
  '#d0a2f2',
  '#f0c04a',
  '#ff8ac0',
  '#4fd6c4',
  '#a5a1ff',
  '#cdb8a1',
  '#a9b8cc',
];

export const COLOURS = LIGHT.length;

const colourNames = (colours: readonly string[]) => colours.map((colour, index) => `--c${index}:${colour}`).join(';');

/** @param measures How many there are to choose from. */
export function style(measures: number): string {
  const choice = Array.from(
    { length: measures },
    (_, index) => `body:has(#measure-${index}:not(:checked)) [data-measure="${index}"]{display:none}`,
  ).join('');
  const series = LIGHT.map((_, index) => `.c${index}{color:var(--c${index})}`).join('');
  return `:root{color-scheme:light dark;--ground:#fbfaf7;--card:#fff;--ink:#1d2329;--soft:#5a646e;--line:#e4e1d9;--gain:#0b6e99;--loss:#c2410c;--mark:#fff4d6;${colourNames(LIGHT)}}
@media(prefers-color-scheme:dark){:root{--ground:#14181c;--card:#1c2228;--ink:#e8ebee;--soft:#a3adb7;--line:#343c44;--gain:#5cc0ee;--loss:#ff9b66;--mark:#3a3214;${colourNames(DARK)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:68rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:clamp(1.7rem,5vw,2.6rem);line-height:1.15;margin:.5rem 0;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.5rem 0 .75rem;letter-spacing:-.01em}
h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.5rem 0;max-width:46rem}
.lead{font-size:1.15rem}
.soft,figcaption,footer{color:var(--soft);font-size:.9rem}
code{font:.92em ui-monospace,monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.changes th,.changes td{padding:.35rem .25rem}.changes th:first-child{max-width:9rem;overflow:hidden;text-overflow:ellipsis}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{padding:.5rem .75rem;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:600;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--card)}
td.best{font-weight:700}
.up{color:var(--gain)}.down{color:var(--loss)}
.swatch{display:inline-block;width:.75em;height:.75em;border-radius:50%;background:currentColor;margin-right:.5em}
.swatch+span{color:var(--ink)}
.choice{position:sticky;top:0;z-index:2;display:flex;overflow-x:auto;gap:.4rem;margin:2rem -1rem 0;padding:.6rem 1rem;border:0;min-width:0;background:var(--ground);border-bottom:1px solid var(--line)}
.choice legend{position:absolute;left:-9999px}
.choice label{display:block;flex:none;padding:.35rem .8rem;border:1px solid var(--line);border-radius:2rem;background:var(--card);cursor:pointer;font-size:.95rem}
.choice input{position:absolute;opacity:0}
.choice label:has(:checked){background:var(--ink);color:var(--ground);border-color:var(--ink)}
.choice label:has(:focus-visible){outline:3px solid var(--gain);outline-offset:2px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem}
figure{margin:0;padding:1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;min-width:0}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:12px;fill:var(--soft)}
svg .axis{fill:var(--soft)}svg .name{fill:var(--ink);font-weight:600}
.grid{stroke:var(--line)}.base{stroke:var(--soft)}
.gain{fill:var(--gain)}.loss{fill:var(--loss)}.gain-text{fill:var(--gain)}.loss-text{fill:var(--loss)}
svg .gain-text,svg .loss-text{font-weight:600}svg .gain-text{fill:var(--gain)}svg .loss-text{fill:var(--loss)}
.touch{fill:transparent}.bar:hover .touch{fill:color-mix(in srgb,var(--soft) 18%,transparent)}
.series path{fill:none;stroke:currentColor;stroke-width:2.2;stroke-linejoin:round}
.series circle:not(.touch){fill:currentColor}
.series{transition:opacity .15s}.lines:hover .series{opacity:.2}.lines .series:hover{opacity:1}
.interval line{stroke:currentColor;stroke-width:2.5;stroke-linecap:round}.interval circle{fill:currentColor}
.interval.gain{color:var(--gain);fill:none}.interval.loss{color:var(--loss);fill:none}.interval.level{color:var(--soft)}
.promise{stroke:var(--soft);stroke-dasharray:4 4;opacity:.7}.series .thin{stroke-width:1.4;stroke-dasharray:2 3}
circle.mark{fill:var(--card);stroke:currentColor;stroke-width:3}
.bin line{stroke:currentColor;stroke-width:1.6;opacity:.55}.bin circle:not(.touch){fill:currentColor}
.shownRight{--o:var(--c0)}.shownWrong{--o:var(--c1)}.withheldRight{--o:var(--c9)}.withheldWrong{--o:var(--c8)}.refused{--o:var(--c2)}.none{--o:var(--line)}
rect:is(.shownRight,.shownWrong,.withheldRight,.withheldWrong,.refused,.none){fill:var(--o)}.legend li>span{color:var(--o)}
td.text{text-align:left;white-space:normal;min-width:12rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.9rem}
details{margin:1rem 0}summary{cursor:pointer;font-weight:600}
.notes{background:var(--mark);border-radius:.75rem;padding:.75rem 1rem;margin:1rem 0}
.notes ul{margin:0;padding-left:1.2rem}
dt{font-weight:600}dd{margin:0 0 .5rem}
${series}
@supports selector(:has(*)){${choice}}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{.choice{display:none}figure,.scroll{break-inside:avoid}}`;
}
