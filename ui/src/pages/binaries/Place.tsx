import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { splitPath } from '@/primitives/hostile';
import { Quiet } from '@/primitives/Page';
import { CodeCell, PathCell } from '@/primitives/Text';

/** Where a binary lay first, and in how many places more. Its name stands beside it, so it is told only where it differs. */
export function Place({ binary }: { binary: Binary }) {
  const { fmt } = useI18n();
  const [path] = binary.paths;
  if (!path) return null;
  const further = binary.paths.length - 1 + (binary.more_paths ?? 0);
  const { folder, name } = splitPath(path);
  if (further === 0 && folder !== '' && name === binary.name) return <CodeCell>{folder}</CodeCell>;
  return <PathCell note={further > 0 ? <Quiet>+{fmt.number(further)}</Quiet> : null}>{path}</PathCell>;
}
