import type { Random } from "./random.ts";

/**
 * Values that texts speak of. Half of the names are built from syllables, so that a model must learn to copy what it
 * reads instead of remembering a list.
 */
const firstNames =
  "Aarav Abdul Aditi Ajay Akash Amina Amit Anil Anita Anjali Arjun Asha Ashok Bala Bharat Bhavna Bina Chandra Charu David Deepa Deepak Devi Dinesh Divya Esha Farhan Fatima Gauri George Gita Gopal Govind Hari Harish Harpreet Hema Imran Indira Isha Jaya Jiten John Joseph Jyoti Kabir Kamal Kamla Karan Kavita Kiran Kishore Komal Krishna Lakshmi Lalit Lata Leela Madhu Mahesh Manju Manoj Maria Mary Meena Mohan Mukesh Nadia Nandini Naresh Naveen Neha Nikhil Nisha Nitin Om Padma Pankaj Parul Pooja Prakash Pramod Pratap Priya Rahul Raj Rajesh Raju Ram Ramesh Rani Ravi Rekha Renu Rita Ritu Rohan Rohit Rosy Sachin Salim Sameer Sandeep Sangita Sanjay Sarita Satish Savita Seema Shabana Shanti Sharad Shobha Shyam Simran Sita Sneha Sonia Subhash Sudha Sunil Sunita Suresh Sushila Tara Tarun Uma Usha Varun Vasant Vidya Vijay Vikas Vimla Vinod Vishal Yash Yusuf Zara Zoya Peter Paul Anna Emma Lucas Nora Omar Leila Chen Mei".split(
    " ",
  );
const lastNames =
  "Agarwal Ahmed Ali Arora Bairagi Banerjee Bansal Barua Basu Bhatt Bose Chatterjee Chauhan Choudhary Das Desai Deshmukh Dey Dsouza Dubey Dutta Fernandes Gandhi Garg George Ghosh Gill Goswami Goyal Gupta Hegde Hussain Iyer Jacob Jain Jha Joshi Kadam Kapoor Kaur Khan Khanna Kulkarni Kumar Lal Mahato Malhotra Malik Mathew Mehta Menon Mishra Mistry Mohanty Mukherjee Nair Naidu Nath Nayak Oraon Pandey Paswan Patel Patil Pawar Pillai Prasad Qureshi Raina Rana Rao Rathore Rawat Reddy Roy Saha Sahu Saxena Sen Sethi Shah Sharma Shetty Shinde Shukla Siddiqui Singh Sinha Solanki Soni Srivastava Thakur Thomas Tiwari Tripathi Varghese Varma Verma Vyas Yadav".split(
    " ",
  );
const openings =
  "A Ba Be Bho Cha De Dha Di E Fa Ga Go Gu Ha He I Ja Je Jo Ka Ke Kha Ki Ko Ku La Li Lo Ma Me Mi Mo Na Ne Ni No O Pa Pe Pi Po Pra Ra Re Ri Ro Ru Sa Se Sha Shi So Su Ta Te Ti Tri U Va Ve Vi Wa Ya Yo Za".split(
    " ",
  );
const middles =
  "ba bha da de dha di ga gi ha ji ka ke kha ki la li lo ma me mi mu na ni no pa pi ra re ri ro sa shi ta te ti va vi ya".split(
    " ",
  );
const endings =
  "bai ben ber chand dal das deep dev dra gan han jan jit kar kesh kumar la lal lan li ma man mar mati mohan nan nath ni nka pal pur ra raj ram ran ren ri run sh sha shan shi tan than ti tra van vati ver vi wan ya yan".split(
    " ",
  );
const roadNames =
  "Lake Station Market Temple Church College Mill Hill River Canal Garden Palace Fort School Hospital Court Bridge Ring Bypass Cross Tank Museum Park Stadium Harbour Depot Tower Bazaar Cotton Grain Silk Brick".split(
    " ",
  );
const roadKinds = "Road,Street,Lane,Marg,Chowk,Cross".split(",");
const areaEndings = "nagar,puram,pur,ganj,wadi,palli,gaon,khera,patti,halli,kheda,bagh,pet".split(",");
const areaWords = "Nagar,Colony,Enclave,Vihar,Layout,Park,Extension,Puri,Basti,Tola,Gardens".split(",");
const months = "January February March April May June July August September October November December".split(" ");

function coined(random: Random): string {
  const middle = random.chance(0.45) ? random.pick(middles) : "";
  return random.pick(openings) + middle + random.pick(endings);
}

export function firstName(random: Random): string {
  return random.chance(0.5) ? random.pick(firstNames) : coined(random);
}

export function person(random: Random): string {
  const last = random.chance(0.6) ? random.pick(lastNames) : coined(random);
  return `${firstName(random)} ${last}`;
}

/** A part of a town: "Lake Road", "Shanti Nagar", "Kesaripur". */
export function place(random: Random): string {
  const kind = random.whole(0, 3);
  if (kind === 0) return `${random.pick(roadNames)} ${random.pick(roadKinds)}`;
  if (kind === 1) return `${firstName(random)} ${random.pick(areaWords)}`;
  if (kind === 2) return `${random.chance(0.5) ? "Sector" : "Ward"} ${random.whole(1, 60)}`;
  return town(random);
}

export function town(random: Random): string {
  return (
    random.pick(openings) +
    random.pick(middles) +
    (random.chance(0.4) ? random.pick(middles) : "") +
    random.pick(areaEndings)
  );
}

export function date(random: Random): string {
  const day = random.whole(1, 28);
  const month = random.pick(months);
  const year = random.whole(2023, 2026);
  return random.pick([
    `${day} ${month} ${year}`,
    `${day} ${month}`,
    `${month} ${day}`,
    `${pad(day)}.${pad(random.whole(1, 12))}.${year}`,
    `${pad(day)}/${pad(random.whole(1, 12))}/${year}`,
  ]);
}

export function time(random: Random): string {
  const hour = random.whole(1, 12);
  const minute = random.pick(["00", "15", "30", "45", "10", "20", "40", "50"]);
  const half = random.pick(["am", "pm"]);
  return random.pick([
    `${hour} ${half}`,
    `${hour}:${minute} ${half}`,
    `${hour}.${minute} ${half}`,
    `${pad(random.whole(0, 23))}:${minute}`,
  ]);
}

/** Digits grouped as India writes them: 1,25,000. */
export function rupees(random: Random): string {
  const amount = random.pick([
    random.whole(1, 99) * 50,
    random.whole(1, 99) * 500,
    random.whole(1, 90) * 1000,
    random.whole(1, 60) * 25_000,
  ]);
  return grouped(amount);
}

export function grouped(amount: number): string {
  const digits = String(amount);
  if (digits.length <= 3) return digits;
  const head = digits.slice(0, -3).replace(/\B(?=(\d{2})+$)/g, ",");
  return `${head},${digits.slice(-3)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
