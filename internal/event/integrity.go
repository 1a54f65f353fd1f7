package event

// IntegrityOf returns the level for the last number of a mandatory label's SID,
// S-1-16-RID. A level between two named ones counts as the lower: programs with
// UI access run at medium plus 16.
func IntegrityOf(rid uint32) Integrity {
	switch {
	case rid >= 0x5000:
		return Protected
	case rid >= 0x4000:
		return System
	case rid >= 0x3000:
		return High
	case rid >= 0x2100:
		return MediumPlus
	case rid >= 0x2000:
		return Medium
	case rid >= 0x1000:
		return Low
	}
	return Untrusted
}

// ElevationOf returns the type for a TOKEN_ELEVATION_TYPE, "" if it is none.
func ElevationOf(kind uint32) Elevation {
	switch kind {
	case 1:
		return ElevationDefault
	case 2:
		return ElevationFull
	case 3:
		return ElevationLimited
	}
	return ""
}
