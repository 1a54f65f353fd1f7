/*
 * A process to be seen.
 *
 *   specimen CODE [WORDS]          runs until its input ends, then exits with CODE
 *   specimen burst COUNT INTERVAL  starts so many of itself, one in each so many
 *                                  milliseconds, each of which ends at once
 *
 * The test holds the other end of the input: when it is gone, so is this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* Without an input of its own, what is started reads the end of it at once. */
static int burst(const char *self, int count, DWORD interval)
{
	ULONGLONG began = GetTickCount64();
	int started = 0;

	for (int i = 0; i < count; i++) {
		STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
		PROCESS_INFORMATION process;
		char line[MAX_PATH + 32];

		snprintf(line, sizeof line, "\"%s\" 0 burst %d", self, i);
		if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process)) {
			CloseHandle(process.hThread);
			CloseHandle(process.hProcess);
			started++;
		}
		while (GetTickCount64() - began < (ULONGLONG)(i + 1) * interval)
			Sleep(1);
	}
	printf("%d\n", started);
	return 0;
}

int main(int argc, char **argv)
{
	char rest[64];
	DWORD n;

	if (argc == 4 && strcmp(argv[1], "burst") == 0)
		return burst(argv[0], atoi(argv[2]), (DWORD)atoi(argv[3]));
	if (argc < 2) {
		fputs("usage: specimen CODE [WORDS]\n", stderr);
		return 2;
	}
	puts("runs");
	fflush(stdout);
	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), rest, sizeof rest, &n, NULL) && n > 0)
		;
	return atoi(argv[1]);
}
