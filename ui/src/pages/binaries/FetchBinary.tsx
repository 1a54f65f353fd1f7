import { Button } from '@mantine/core';
import { IconDownload, IconFileDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { FetchFile } from '../tasks/FetchFile';
import { useStoredFile } from '../tasks/useStoredFile';

/** Gives the file of a binary: at once where it is stored, from a station that has run it where it is not. */
export function FetchBinary({ binary }: { binary: Binary }) {
  const { t } = useI18n();
  const { user } = useSession();
  const [asking, setAsking] = useState(false);
  const { sha256 } = binary;
  const may = user.role !== 'viewer' && sha256 !== undefined;
  const stored = useStoredFile(may ? sha256 : undefined);
  const stations = useInfiniteQuery({ ...queries.binaryStations(binary.id), enabled: may });
  const live = stations.data?.pages.flatMap((page) => page.stations).filter((each) => each.origin === 'live') ?? [];
  if (!may) return null;
  return (
    <>
      {stored ? (
        <Button
          size="compact-sm"
          component="a"
          download
          leftSection={<IconDownload size={14} />}
          href={api.fileContent(sha256)}
        >
          {t('fetch.download')}
        </Button>
      ) : live.length > 0 ? (
        <Button size="compact-sm" leftSection={<IconFileDownload size={14} />} onClick={() => setAsking(true)}>
          {t('fetch.menu')}
        </Button>
      ) : null}
      {asking ? (
        <FetchFile name={binary.name} sha256={sha256} stations={live} onClose={() => setAsking(false)} />
      ) : null}
    </>
  );
}
