/*
 * What Go programs need of bcryptprimitives.dll, for a Wine that has none:
 * random bytes. They come from RtlGenRandom, which advapi32 exports under this
 * name. Go looks for the library in the system's folder only. Of tests only;
 * Windows has the real one.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
	const SIZE_T most = 1 << 20; /* of a length that has 32 bits there */

	while (length > 0) {
		SIZE_T part = length < most ? length : most;

		if (!SystemFunction036(data, (ULONG)part))
			return FALSE;
		data += part;
		length -= part;
	}
	return TRUE;
}
