// Checks the import arrows over whichever of these folders exist.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const folders = ['src', 'benchmarks', 'examples', 'web'].filter((folder) => existsSync(folder));
const command = ['node_modules/.bin/depcruise', ...folders, '--config', '.dependency-cruiser.cjs'];
process.exitCode = spawnSync(command[0], command.slice(1), { stdio: 'inherit' }).status ?? 1;
