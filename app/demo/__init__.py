"""How does a real community's year look in Hudang? `hudang demo` carries it through and shows it."""
