#!/usr/bin/python3
"""Follows the integrity of this device over plain D-Bus, with python3-dbus and GLib and without libintegrity.

It shows what the library does for C programs: ask for what came after the last event known, then follow the signal,
ask again where a signal leaves a hole, and start anew when the daemon comes back or its chain is another.
"""
import dbus
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.cip_project.Integrity1"
PATH = "/org/cip_project/Integrity1"
MANAGER = NAME + ".Manager"


class Subscriber:
    def __init__(self, bus):
        self.bus, self.stream, self.sequence = bus, None, 0
        bus.add_signal_receiver(self.on_event, "EventAdded", MANAGER, NAME, PATH, sender_keyword="sender")
        bus.watch_name_owner(NAME, self.on_owner)

    def on_owner(self, owner):
        self.owner = owner
        print("daemon is there" if owner else "not watched: no daemon on the bus", flush=True)
        if owner:
            self.catch_up_if_there()

    def catch_up_if_there(self):
        try:
            self.catch_up()
        except dbus.DBusException as error:  # when it is gone again, on_owner is called again
            print(f"not watched: {error.get_dbus_message()}", flush=True)

    def catch_up(self):
        manager = dbus.Interface(self.bus.get_object(self.owner, PATH, introspect=False), MANAGER)
        while True:
            events, pruned, stream = manager.ListEvents(dbus.UInt64(self.sequence), dbus.UInt32(0))
            if stream != self.stream:
                ask_again = self.stream is not None
                self.stream, self.sequence = stream, 0
                if ask_again:
                    continue
            if pruned:
                print(f"{pruned} events were pruned", flush=True)
                self.sequence += int(pruned)
            if not events:
                return
            for event in events:
                self.tell(event)

    def on_event(self, event, sender=None):
        sequence, stream = int(event[0]), event[6].get("stream")
        if sender != self.owner or (stream == self.stream and sequence <= self.sequence):
            return  # anyone can send a signal; what was told already is not told again
        if stream == self.stream and sequence == self.sequence + 1:
            self.tell(event)
        else:
            self.catch_up_if_there()

    def tell(self, event):
        self.sequence = int(event[0])
        kind, severity, subject = (event[5][i] for i in (1, 3, 4))
        print(f"{self.sequence} {event[4]} {kind} {severity} {subject}".rstrip(), flush=True)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
subscriber = Subscriber(dbus.SystemBus())
GLib.MainLoop().run()
