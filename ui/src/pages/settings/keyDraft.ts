/** As the server takes them. */
const longestName = 128;
const mostUses = 1_000_000;

interface KeyFaults {
  name?: 'long';
  uses?: 'number';
}

/** What is wrong with what is typed so far. Nothing typed is not wrong yet. */
export function keyFaults({ name, uses }: { name: string; uses: string }): KeyFaults {
  const number = uses.trim();
  const whole = /^[1-9]\d*$/.test(number) && Number(number) <= mostUses;
  return {
    name: [...name.trim()].length > longestName ? 'long' : undefined,
    uses: number === '' || whole ? undefined : 'number',
  };
}
