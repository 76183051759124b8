/// Wants to know when the list of tools has changed: a client's session.
@LoopActor
protocol ToolListObserver: AnyObject {
    func toolsDidChange()
}
