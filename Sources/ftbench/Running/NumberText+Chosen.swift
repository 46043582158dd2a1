import TerminalUI

/// Numbers for people are written by the interface's rules; `Recipes` has a type of the same name for recipe files.
typealias NumberText = TerminalUI.NumberText
