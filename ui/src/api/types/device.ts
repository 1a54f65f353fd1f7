import type { Coverage } from './coverage';
import type { StationName } from './station';

/** A USB device. What it says of itself (names, serial number, classes) is its own claim. */
export interface Device {
  id: number;
  /** Four hexadecimal digits, as the two that follow. */
  vendor_id: string;
  product_id: string;
  revision?: string;
  vendor_name?: string;
  product_name?: string;
  /** Absent: it has none, and is told apart by its place on its only station. */
  serial?: string;
  /** What it and its parts are: mass_storage, hid. */
  classes: string[];
  first_seen: string;
  last_seen: string;
  stations: number;
  /** How often it was plugged in, or found when the agent began. */
  plugs: number;
  /** Stations where it is plugged in now. */
  present: number;
}

export type DeviceSort = 'first_seen' | 'last_seen' | 'stations' | 'plugs' | 'name';

export interface DevicePage {
  devices: Device[];
  next?: string;
  /** The highest number of a device when it was asked. */
  newest: number;
}

/** A file system on a device, as a record tells it. */
export interface Volume {
  mount?: string;
  label?: string;
  /** On Linux, its UUID. */
  serial?: string;
  file_system?: string;
  bytes?: number;
}

/** A file system that was on a device. */
export interface DeviceVolume extends Volume {
  first_seen: string;
  last_seen: string;
}

/** What a device has called itself. */
export interface DeviceName {
  vendor_name?: string;
  product_name?: string;
  serial?: string;
  times: number;
  first_seen: string;
  last_seen: string;
}

/** A device by itself. */
export interface WholeDevice extends Device {
  /** The latest first, as are the names. */
  volumes: DeviceVolume[];
  names: DeviceName[];
}

/** What a station knows of a device that it had. */
export interface HadDevice {
  /** What the station calls it. */
  device_name: string;
  first_seen: string;
  last_seen: string;
  plugs: number;
  present: boolean;
  /** Where volumes of it were mounted, the latest first. */
  mounts: string[];
  volumes: DeviceVolume[];
}

export interface DeviceStation extends HadDevice {
  station: StationName;
}

export interface DeviceStationPage {
  stations: DeviceStation[];
  next?: string;
}

export interface StationDevice extends HadDevice {
  device: Device;
}

export interface StationDevicePage {
  devices: StationDevice[];
  next?: string;
}

export type DeviceKind = 'device_plugged' | 'device_present' | 'device_removed';

/** What a station reported of a device. */
export interface DeviceEvent {
  id: number;
  station: StationName;
  kind: DeviceKind;
  seq: number;
  /** By the station's clock; received by the server's. */
  time: string;
  received: string;
  /** The number of the device. */
  device: number;
  device_name: string;
  vendor_id: string;
  product_id: string;
  revision?: string;
  vendor_name?: string;
  product_name?: string;
  serial?: string;
  classes: string[];
  volumes?: Volume[];
  /** The moment itself was missed: time is when it was noticed. */
  inferred?: boolean;
  /** What could not be learnt and why: "volumes=busy". */
  missing?: string;
}

export interface DeviceEventPage {
  events: DeviceEvent[];
  next?: string;
  coverage: Coverage;
}

export interface DeviceEventCount {
  count: number;
  at_least: boolean;
  coverage: Coverage;
}
