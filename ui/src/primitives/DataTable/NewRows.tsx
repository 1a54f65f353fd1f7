import { Button } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Rows that have come and wait until the reader wants them: the notice of a table. */
export function NewRows({ children, onShow }: { children: ReactNode; onShow(): void }) {
  return (
    <Button variant="filled" radius="xl" leftSection={<IconArrowUp size={14} />} onClick={onShow}>
      {children}
    </Button>
  );
}
