/* Waits for a window with a message, prints its text as a person would read it, and
 * closes it by its button.
 *
 *   window TITLE SECONDS */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum { most = 8192 };

int wmain(int argc, wchar_t **argv) {
	static wchar_t text[most];
	static char utf8[4 * most];
	HWND window = NULL;
	int left;

	if (argc != 3)
		return 2;
	/* #32770 is a dialogue, 0xFFFF the text in a message. */
	for (left = 10 * _wtoi(argv[2]); window == NULL && left > 0; left--) {
		Sleep(100);
		window = FindWindowW(L"#32770", argv[1]);
	}
	if (window == NULL)
		return 1;
	SendMessageW(GetDlgItem(window, 0xFFFF), WM_GETTEXT, most, (LPARAM)text);
	WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
	puts(utf8);
	PostMessageW(window, WM_COMMAND, IDOK, 0);
	return 0;
}
