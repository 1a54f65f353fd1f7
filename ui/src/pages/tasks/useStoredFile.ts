import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { StoredFile } from '@/api/types';

/** The file of a hash, where a station has sent it; undefined where none has, and while that is not known. */
export function useStoredFile(sha256: string | undefined): StoredFile | undefined {
  return useQuery({ ...queries.file(sha256 ?? ''), enabled: sha256 !== undefined }).data;
}
