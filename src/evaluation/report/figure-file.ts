import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Pixels a unit of the SVG's own size. */
const SCALE = 2;

/**
 * An SVG figure as PNG, twice its size. Every text is set in DejaVu Sans, which comes along: what is installed changes nothing,
 * and the same figure is the same file everywhere.
 *
 * @throws Error when there is no renderer for this platform.
 */
export async function toPng(svg: string): Promise<Buffer> {
  // Loaded when a figure is drawn: everything else works on platforms that it is not built for.
  const { Resvg } = await import('@resvg/resvg-js');
  const font = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
  const family = 'DejaVu Sans';
  const image = new Resvg(svg, {
    font: { loadSystemFonts: false, fontFiles: [font], defaultFontFamily: family, sansSerifFamily: family },
    fitTo: { mode: 'zoom', value: SCALE },
  });
  return image.render().asPng();
}

/** Writes `NAME.svg` and `NAME.png`, and the folder when it is not there. */
export async function writeFigure(dir: string, name: string, svg: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await Promise.all([
    writeFile(join(dir, `${name}.svg`), svg),
    toPng(svg).then((png) => writeFile(join(dir, `${name}.png`), png)),
  ]);
}
