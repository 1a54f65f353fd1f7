package event

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed device_classes.txt
var deviceClassList string

// deviceClasses is read once, when the first class is asked for.
var deviceClasses = sync.OnceValue(func() (names [256]string) {
	for line := range strings.Lines(deviceClassList) {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || code == "#" {
			continue
		}
		class, err := strconv.ParseUint(code, 16, 8)
		if err != nil {
			panic("event: device_classes.txt: " + err.Error())
		}
		names[class] = name
	}
	return names
})

// DeviceClass is the word for a base class of USB devices and interfaces, as in
// device_classes.txt. Class 0 has none: it sends the reader to the interfaces. A
// class that is not in the list is named by its number: "class_42".
func DeviceClass(class byte) string {
	if class == 0 {
		return ""
	}
	if name := deviceClasses()[class]; name != "" {
		return name
	}
	return fmt.Sprintf("class_%02x", class)
}

// DeviceClasses are the words for several classes, as they stand in
// [Device].Classes: sorted, each once, divided by spaces.
func DeviceClasses(classes ...byte) string {
	var words []string
	for _, class := range classes {
		if word := DeviceClass(class); word != "" {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}
