export type SavedPage = 'events' | 'processes' | 'binaries' | 'stations' | 'devices' | 'device_events';

/** What of a saved search its owner writes. */
export interface SavedSearchDraft {
  name: string;
  description: string;
  page: SavedPage;
  q: string;
  /** As in the page's address; '' with from and to. */
  range: string;
  from?: string;
  to?: string;
  order?: string;
  shared: boolean;
}

export interface SavedSearch extends SavedSearchDraft {
  id: number;
  owner: string;
  mine: boolean;
  created: string;
  updated: string;
}

export interface SavedSearchList {
  searches: SavedSearch[];
}
