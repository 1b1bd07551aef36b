"""What people read in English."""

from bot.texts import Texts

EN = Texts(
    welcome="Hello! I answer questions about {course} with what your teachers wrote. When I do not know, I say so.",
    privacy=(
        "Your questions and reactions are kept under a pseudonym, so that the answers get better, and the number of "
        "this chat, so that I can reply. Please do not write names or numbers of people. /privacy says more, "
        "/forget removes all of it."
    ),
    help=(
        "Just type your question. Commands: /course choose the course, /privacy what is kept about you, "
        "/export get it, /forget remove it, /help this page."
    ),
    console_help=(
        "Type a question. A number picks a choice, + and - say whether the answer helped, t asks a teacher. "
        "/course chooses the course, /privacy says what is kept about you, /export shows it, /forget removes it, "
        "/help shows this, /quit ends."
    ),
    choose_course="Which course is it about?",
    course_chosen="Now about: {course}. Ask away!",
    all_courses="All courses",
    no_course="I do not know the course “{course}”.",
    suggest="I am not sure. Do you mean one of these?",
    none_of_these="None of these",
    none_noted="Thank you, noted. Shall I pass the question to a teacher?",
    abstain="I do not know the answer to that. Shall I pass the question to a teacher?",
    do_not_know="I do not know the answer to that.",
    ask_teacher="Ask a teacher",
    escalated="Passed on. A teacher will see your question.",
    already_escalated="Your question is already with a teacher.",
    other_candidates="Not it? Perhaps one of these:",
    section="Section",
    source="Source",
    thanks="Thank you!",
    sorry="Thank you, noted. Perhaps one of the others fits.",
    too_long="That is longer than {limit} characters. Please ask in fewer words.",
    no_words="I find no words in that. Please type your question.",
    text_only="I only read text. Please type your question.",
    unknown_command="I do not know that command. /help shows what I can do; or just type your question.",
    nothing_to_take="There is nothing here for that key to judge or to choose. /help explains the keys.",
    gone="That button belongs to something I no longer have. Please ask again.",
    failed="Something went wrong here, and it was noted. Please try again later.",
    not_recorded="I cannot record anything just now, so I do not pretend to answer. Please try again later.",
    too_fast="You write faster than I can answer. I have everything, and answer one after the other.",
    not_allowed="That is for teachers. If you should be one, ask the people who run this bot for an invitation.",
    no_invitation="This invitation is not valid: it was used, is too old, or is not complete. Ask for a new one.",
    joined="You now teach {course}. /teachers shows who else does, /undo takes back a change of the answers.",
    invite_usage=(
        "/invite COURSE NAME makes a link for one teacher. The name has up to {limit} characters. Courses: {courses}"
    ),
    invitation="Send this link to the person who is to teach {course}. It works once, for {days} days:\n{link}",
    teacher_line="{number}. {name}: {course}, since {since}",
    no_teachers="Nobody teaches yet. /invite makes a link for one teacher.",
    no_such_teacher="/dismiss NUMBER takes a teacher's role away. /teachers shows the numbers.",
    dismissed="{name} no longer teaches {course}.",
    change_line="{number}. {at} UTC, {entries} answers: {detail}",
    no_changes="No answers of your courses were changed.",
    undo_usage="/undo NUMBER takes a change back.",
    undone="Change {number} is undone: {entries} answers are as they were before it.",
    not_undone=(
        "I cannot undo change {number}: it is none of your courses', is undone already, "
        "or a later one changed the same answers. /undo lists the last changes."
    ),
    privacy_long=(
        "What is kept about you, and why:\n"
        "• Your questions, what I showed you and your reactions: so that the answers get better. Teachers and the "
        "people who run this bot can read them, under your pseudonym {person}.\n"
        "• The number of this chat, your language and your course: to reply. They stand apart from your questions.\n"
        "• A message until it is answered. One that fails is kept so that the fault can be found.\n"
        "Before I learn from a question, names, addresses and numbers are taken out of it, as far as I find them. "
        "Telegram carries this chat and keeps it by its own rules.\n\n"
        "Questions and reactions are kept: {term}. A wording that a teacher confirmed stays longer, without you.\n\n"
        "/export sends you all of it, /forget removes it."
    ),
    kept_days="{days} days",
    kept_until_forgotten="until you say /forget",
    exported="Everything that is kept about you.",
    nothing_kept="Nothing is kept about you.",
    forget_ask=(
        "This removes your questions, reactions and messages, your pseudonym and the number of this chat. If you are "
        "a teacher, you are none afterwards; what you did for the course stays, without you. It cannot be undone."
    ),
    forget_yes="Remove everything",
    forget_no="Keep it",
    forget_kept="Nothing was removed.",
    forget_done="Removed: {questions} questions, {reactions} reactions, {messages} messages, and who you are.",
    forget_versions=(
        "Model versions that learned from your questions: {versions}. The people who run this bot see that and can "
        "make new ones without."
    ),
    forget_alike="A teacher wrote a question down in the same words as you. That is the teacher's and stays.",
    forget_backups="Backups made before now hold it until they are replaced by newer ones.",
    command_privacy="what is kept about you",
    command_export="get all that is kept about you",
    command_forget="remove all that is kept about you",
    command_start="start, with a word on privacy",
    command_help="what I can do",
    command_course="choose the course",
)
