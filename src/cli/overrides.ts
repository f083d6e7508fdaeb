import type { Command } from 'commander';
import { ServiceError } from '../errors.js';
import type { Override, OverrideRule } from '../safety/overrides.js';
import { configWith, numberOption } from './options.js';

interface PlaceOptions {
  file?: string;
  tenant?: string;
}

const EXAMPLES = {
  allow: 'allow query "how do I kill a process"',
  block: 'block phrase "crown jewels" --reason "ticket 17"',
  list: 'list --tenant acme',
  remove: 'remove 0b0c1b8e-…',
  log: 'log --limit 100',
};

const placed = (command: Command, name: keyof typeof EXAMPLES) =>
  command
    .addHelpText('after', `\nExample:\n  $ candor overrides ${EXAMPLES[name]}`)
    .option('--file <path>', 'log of the rules (CANDOR_OVERRIDES)')
    .option('--tenant <name>', 'whose rules (CANDOR_TENANT)');

/** `candor overrides`: the administrator's rules, as under `/v1/admin/overrides`. A running service sees a change at once. */
export function registerOverrides(program: Command): void {
  const overrides = program
    .command('overrides')
    .description(
      "an administrator's rules: queries and documents that are allowed or blocked, with a log of all changes",
    )
    .addHelpText(
      'after',
      `
Examples:
${Object.values(EXAMPLES)
  .map((example) => `  $ candor overrides ${example}`)
  .join('\n')}`,
    );
  for (const action of ['allow', 'block'] as const) {
    const description =
      action === 'allow'
        ? 'never stop this query or phrase, read this document as it is'
        : 'hits only for this query or phrase, no answer from this document';
    placed(overrides.command(action), action)
      .description(description)
      .argument('<match>', 'query, phrase or document')
      .argument('<value>', 'the query, the phrase or the id of the document, in quotes')
      .option('--reason <text>', 'why, for the log', '')
      .action(async (match: string, value: string, options: PlaceOptions & { reason: string }) => {
        const { store, tenant } = await open(options);
        const added = await store.add(
          { match: matchOf(match), value, action, reason: options.reason },
          { tenant, by: null },
        );
        console.log(lineOf(added));
      });
  }
  placed(overrides.command('list'), 'list')
    .description('rules in force')
    .action(async (options: PlaceOptions) => {
      const { store, tenant } = await open(options);
      const known = await store.list(tenant);
      console.log(known.length === 0 ? 'No rules.' : known.map(lineOf).join('\n'));
    });
  placed(overrides.command('remove'), 'remove')
    .description('remove a rule; the log keeps it')
    .argument('<id>', 'of the rule')
    .action(async (id: string, options: PlaceOptions) => {
      const { store, tenant } = await open(options);
      const removed = await store.remove(id, { tenant, by: null });
      if (!removed)
        throw new ServiceError('not-found', {
          message: `There is no rule ${JSON.stringify(id)}. See: candor overrides list`,
        });
      console.log(`removed ${lineOf(removed)}`);
    });
  placed(overrides.command('log'), 'log')
    .description('what was changed, when and by whom; newest first')
    .option('--limit <n>', 'changes to print', numberOption(1, 100_000), 20)
    .action(async (options: PlaceOptions & { limit: number }) => {
      const { store, tenant } = await open(options);
      const entries = await store.audit(tenant, options.limit);
      const lines = entries.map(
        ({ at, by, action, override }) => `${at} ${by ?? 'command line or open service'} ${action} ${lineOf(override)}`,
      );
      console.log(lines.length === 0 ? 'No changes.' : lines.join('\n'));
    });
}

async function open({ file, tenant }: PlaceOptions) {
  // Help and usage errors need no pipeline.
  const { openOverrides } = await import('../pipeline/create-pipeline.js');
  const config = configWith({ CANDOR_OVERRIDES: file, CANDOR_TENANT: tenant });
  return { store: openOverrides(config), tenant: config.tenant };
}

function matchOf(given: string): OverrideRule['match'] {
  if (given === 'query' || given === 'phrase' || given === 'document') return given;
  const message = `match: expected query, phrase or document, received ${JSON.stringify(given)}.`;
  throw new ServiceError('invalid-request', { message });
}

const lineOf = ({ id, action, match, value, reason }: Override) =>
  `${id} ${action} ${match} ${JSON.stringify(value)}${reason === '' ? '' : ` (${reason})`}`;
